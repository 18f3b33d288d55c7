package config

import (
	"fmt"
	"strconv"
	"strings"
)

// diffKey is one key, the text of its value, and what a change of it takes.
type diffKey[T any] struct {
	name   string
	effect Effect
	text   func(T) string
}

// moduleDiffs are the keys of a module but for its rules and targets.
func moduleDiffs() []diffKey[*Module] {
	return []diffKey[*Module]{
		{"watch", Restart, func(m *Module) string { return m.Watch }},
		{"threads", Restart, func(m *Module) string { return strconv.Itoa(m.Threads) }},
		{"full_sync", Restart, func(m *Module) string { return string(m.FullSync) }},
		{"backend", Restart, func(m *Module) string { return m.Backend }},
		{"poll_every", Restart, func(m *Module) string { return formatDuration(m.PollEvery) }},
		{"events", Restart, func(m *Module) string { return eventsText(m.Events) }},
		{"settle.quiet", Restart, func(m *Module) string { return formatDuration(m.Settle.Quiet) }},
		{"settle.at_most", Restart, func(m *Module) string { return formatDuration(m.Settle.AtMost) }},
		{"fail_log.path", InPlace, func(m *Module) string { return m.FailLog.Path }},
		{"fail_log.retry_every", InPlace, func(m *Module) string { return formatDuration(m.FailLog.RetryEvery) }},
		{"fail_log.format", InPlace, func(m *Module) string { return string(m.FailLog.Format) }},
		{"full_compare.exclude", Restart, func(m *Module) string { return wordsText(m.CompareExclude) }},
		{"full_compare.schedule", InPlace, func(m *Module) string { return m.Schedule.String() }},
		{"enabled", InPlace, func(m *Module) string { return strconv.FormatBool(m.Enabled) }},
		{"priority", InPlace, func(m *Module) string { return strconv.Itoa(m.Priority) }},
		{"log_level", InPlace, func(m *Module) string { return levelText(m) }},
		{"nice", Restart, func(m *Module) string { return strconv.Itoa(m.Process.Nice) }},
		{"ionice", Restart, func(m *Module) string { return ioniceText(m.Process.IONice) }},
		{"oom_score_adjust", Restart, func(m *Module) string { return strconv.Itoa(m.Process.OOMScoreAdjust) }},
		{"memory_max", Restart, func(m *Module) string { return formatSize(m.Process.MemoryMax) }},
		{"user", Restart, func(m *Module) string { return userText(m.Process) }},
	}
}

// targetDiffs are the keys of a target that does not become another by them.
func targetDiffs() []diffKey[*Target] {
	return []diffKey[*Target]{
		{"password_file", Restart, func(t *Target) string { return t.PasswordFile }},
		{"ssh.identity_file", Restart, func(t *Target) string { return t.SSH.IdentityFile }},
		{"ssh.known_hosts", Restart, func(t *Target) string { return t.SSH.KnownHosts }},
		{"ssh.options", Restart, func(t *Target) string { return wordsText(t.SSH.Options) }},
		{"rsync.program", Restart, func(t *Target) string { return t.Rsync.Program }},
		{"rsync.args", Restart, func(t *Target) string { return wordsText(t.Rsync.Args) }},
		{"rsync.timeout", Restart, func(t *Target) string { return formatDuration(t.Rsync.Timeout) }},
		{"rsync.connect_timeout", Restart, func(t *Target) string { return formatDuration(t.Rsync.ConnectTimeout) }},
		{"rsync.bwlimit", InPlace, func(t *Target) string { return rateText(t.Rsync.BWLimit) }},
		{"rsync.compress", Restart, func(t *Target) string { return strconv.FormatBool(t.Rsync.Compress) }},
		{"rsync.partial_dir", Restart, func(t *Target) string { return t.Rsync.PartialDir }},
		{"delete", Restart, func(t *Target) string { return strconv.FormatBool(t.Delete) }},
		{"max_delete", InPlace, func(t *Target) string { return limitText(t.MaxDelete) }},
	}
}

// eventsText names the events that are followed.
func eventsText(e Events) string {
	var on []string
	for _, toggle := range []struct {
		name string
		on   bool
	}{
		{"create_file", e.CreateFile},
		{"create_folder", e.CreateFolder},
		{"close_write", e.CloseWrite},
		{"modify", e.Modify},
		{"attrib", e.Attrib},
		{"delete", e.Delete},
		{"move_from", e.MoveFrom},
		{"move_to", e.MoveTo},
	} {
		if toggle.on {
			on = append(on, toggle.name)
		}
	}
	return strings.Join(on, " ")
}

func levelText(m *Module) string {
	if m.LogLevel == nil {
		return "as the service"
	}
	return strings.ToLower(m.LogLevel.String())
}

func ioniceText(n IONice) string {
	if n == (IONice{}) {
		return ""
	}
	return fmt.Sprintf("%s %d", n.Class, n.Level)
}

func userText(p Process) string {
	if p.WholeInstance {
		return p.User + " for the whole instance"
	}
	return p.User
}

// limitText tells the default apart from the same limit when it is written.
func limitText(l Limit) string {
	if !l.Set {
		return "the default"
	}
	return l.String()
}

func rateText(bytes int64) string {
	if bytes == 0 {
		return "none"
	}
	return strings.ToUpper(formatSize(bytes)) + "/s" // a small m is a metre
}

func wordsText(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = w
		if strings.ContainsAny(w, " \t\"'\\") || w == "" {
			quoted[i] = strconv.Quote(w)
		}
	}
	return strings.Join(quoted, " ")
}
