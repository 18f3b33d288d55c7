package config

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/syncsvc/syncsvc/filter"
)

// TestModuleReadsAsItIsWritten writes modules in every style that YAML has for
// texts, lists and objects, and reads them back.
func TestModuleReadsAsItIsWritten(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		want := drawModule(rt)
		w := writer{t: rt}
		text := w.module(want)
		got, problems := decodeText(t, text)
		if len(problems) > 0 {
			rt.Fatalf("%v\n%s", Join(problems), text)
		}
		if diff := cmp.Diff(want, got, meaning); diff != "" {
			rt.Fatalf("-want +got:\n%s\n%s", diff, text)
		}
		if again, _ := decodeText(t, text); again.Fingerprint() != got.Fingerprint() {
			rt.Fatal("the same text has two fingerprints")
		}
	})
}

// awkward are the characters that YAML has a meaning for somewhere.
var awkward = []rune(`abcxyz019 "'\:#,[]{}&*!|>%@-?=~^$äß漢` + "\u00a0\u2028\U0001f600`")

func drawName(t *rapid.T, label string) string {
	name := rapid.StringOfN(rapid.SampledFrom(awkward), 1, 12, 40).Draw(t, label)
	if name == "." || name == ".." {
		return "x"
	}
	return name
}

func drawPath(t *rapid.T, top, label string) string {
	path := top
	for range rapid.IntRange(1, 3).Draw(t, label+" depth") {
		path += "/" + drawName(t, label)
	}
	return path
}

func drawDuration(t *rapid.T, label string, unit, lo, hi time.Duration) time.Duration {
	return unit * time.Duration(rapid.Int64Range(int64((lo+unit-1)/unit), int64(hi/unit)).Draw(t, label))
}

func drawModule(t *rapid.T) *Module {
	yes := func(label string) bool { return rapid.Bool().Draw(t, label) }
	m := &Module{
		Name: "www", File: "www.yaml", Watch: drawPath(t, "/watched", "watch"),
		Threads:   rapid.IntRange(minThreads, maxThreads).Draw(t, "threads"),
		FullSync:  rapid.SampledFrom([]FullSync{FullIfNeeded, FullOnStart, FullNever}).Draw(t, "full_sync"),
		Backend:   rapid.SampledFrom([]string{BackendAuto, BackendInotify, BackendFanotify, BackendPoll}).Draw(t, "backend"),
		PollEvery: drawDuration(t, "poll_every", time.Millisecond, minPoll, maxPoll),
		Events:    Events{yes("1"), yes("2"), yes("3"), yes("4"), yes("5"), yes("6"), yes("7"), yes("8")},
		Settle:    Settle{Quiet: drawDuration(t, "quiet", time.Millisecond, minQuiet, maxQuiet)},
		FailLog:   FailLog{drawPath(t, "/log", "fail log"), drawDuration(t, "retry_every", time.Second, minRetry, maxRetry), rapid.SampledFrom([]FailLogFormat{FailLogText, FailLogScript}).Draw(t, "format")},
	}
	drawProcess(t, m)
	m.Settle.AtMost = drawDuration(t, "at_most", time.Millisecond, max(minAtMost, m.Settle.Quiet), maxAtMost)
	m.Schedule = rapid.SampledFrom([]Schedule{{}, {cron: "0 3 * * *"}, {cron: "*/5 1-4 1,15 jan 0"}, {every: 10 * time.Hour}}).Draw(t, "schedule")
	for range rapid.IntRange(0, 3).Draw(t, "rules") {
		m.Rules = append(m.Rules, filter.Rule{Text: "x" + drawName(t, "pattern"), Kind: filter.Exclude})
	}
	for i := range rapid.IntRange(1, 4).Draw(t, "targets") {
		m.Targets = append(m.Targets, drawTarget(t, i))
	}
	return m
}

func drawProcess(t *rapid.T, m *Module) {
	m.Enabled = rapid.Bool().Draw(t, "enabled")
	m.Priority = rapid.IntRange(0, maxPriority).Draw(t, "priority")
	m.Process = Process{
		Nice:           rapid.IntRange(minNice, maxNice).Draw(t, "nice"),
		IONice:         rapid.SampledFrom([]IONice{{"idle", 0}, {"best-effort", 0}, {"best-effort", 7}}).Draw(t, "ionice"),
		OOMScoreAdjust: rapid.IntRange(minOOMScore, maxOOMScore).Draw(t, "oom_score_adjust"),
		MemoryMax:      rapid.SampledFrom([]int64{0, minMemoryMax, maxMemoryMax}).Draw(t, "memory_max"),
		User:           "mirror",
		WholeInstance:  rapid.Bool().Draw(t, "user_runs"),
	}
	m.LogLevel = new(rapid.SampledFrom([]slog.Level{slog.LevelDebug, slog.LevelInfo, slog.LevelWarn, slog.LevelError}).Draw(t, "log_level"))
}

func drawTarget(t *rapid.T, i int) Target {
	target := Target{
		Rsync: Rsync{
			Program:        "/bin/" + drawName(t, "program"),
			Args:           rapid.SliceOfN(rapid.SampledFrom([]string{"-a", "-H", "--chmod=D755,F644", "-X", "--no-owner"}), 1, 3).Draw(t, "args"),
			Timeout:        drawDuration(t, "timeout", time.Second, minTimeout, maxTimeout),
			ConnectTimeout: drawDuration(t, "connect_timeout", time.Second, minConnect, maxConnect),
			BWLimit:        rapid.SampledFrom([]int64{0, 1 << 10, 20 << 20, 1 << 40}).Draw(t, "bwlimit"),
			Compress:       rapid.Bool().Draw(t, "compress"),
			PartialDir:     rapid.SampledFrom([]string{"", ".partial", "~tmp~"}).Draw(t, "partial_dir"),
		},
		Delete: rapid.Bool().Draw(t, "delete"),
		MaxDelete: rapid.SampledFrom([]Limit{
			{Off: true, Set: true},
			{Count: 0, Set: true},
			{Count: 100, Set: true},
			{Percent: 12.5, Set: true},
		}).Draw(t, "max_delete"),
	}
	target.Kind = rapid.SampledFrom([]Kind{Daemon, Shell, Local}).Draw(t, "kind")
	path := drawPath(t, "/mnt", "path")
	switch target.Kind {
	case Local:
		target.Path = fmt.Sprintf("%s/%d", path, i)
		target.URL = target.Path
	case Shell:
		target.User, target.Host, target.Port, target.Path = "deploy", fmt.Sprintf("web%d", i), 2222, path
		target.URL = fmt.Sprintf("ssh://deploy@web%d:2222%s", i, percent(path))
		target.SSH = SSH{drawPath(t, "/keys", "key"), drawPath(t, "/keys", "hosts"), []string{"ServerAliveInterval=" + drawName(t, "option")}}
	case Daemon:
		target.Host, target.Module, target.Path = fmt.Sprintf("web%d", i), "mnt", path[len("/mnt/"):]
		target.URL = fmt.Sprintf("rsync://web%d%s", i, percent(path))
		target.PasswordFile = drawPath(t, "/keys", "password")
	}
	return target
}

// percent writes a path as it can be in a URL.
func percent(path string) string {
	var out strings.Builder
	for _, b := range []byte(path) {
		if b == '%' || b >= 0x80 {
			fmt.Fprintf(&out, "%%%02X", b)
			continue
		}
		out.WriteByte(b)
	}
	return out.String()
}

// writer writes modules as YAML.
type writer struct{ t *rapid.T }

// text writes one text in a style drawn at random.
func (w writer) text(s string) string {
	if rapid.Bool().Draw(w.t, "single quotes") && !strings.ContainsAny(s, "\u2028") {
		return "'" + strings.ReplaceAll(s, "'", "''") + "'"
	}
	quoted, err := json.Marshal(s)
	if err != nil {
		w.t.Fatal(err)
	}
	return string(quoted)
}

func (w writer) list(list []string) string {
	quoted := make([]string, len(list))
	for i, s := range list {
		quoted[i] = w.text(s)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

func (w writer) module(m *Module) string {
	e := m.Events
	lines := []string{
		"watch: " + w.text(m.Watch),
		fmt.Sprintf("threads: %d", m.Threads),
		"full_sync: " + string(m.FullSync),
		"backend: " + m.Backend,
		"poll_every: " + formatDuration(m.PollEvery),
		fmt.Sprintf("events: {create_file: %v, create_folder: %v, close_write: %v, modify: %v, attrib: %v, delete: %v, move_from: %v, move_to: %v}",
			e.CreateFile, e.CreateFolder, e.CloseWrite, e.Modify, e.Attrib, e.Delete, e.MoveFrom, e.MoveTo),
		fmt.Sprintf("settle: {quiet: %s, at_most: %s}", formatDuration(m.Settle.Quiet), formatDuration(m.Settle.AtMost)),
		fmt.Sprintf("fail_log: {path: %s, retry_every: %s, format: %s}", w.text(m.FailLog.Path), formatDuration(m.FailLog.RetryEvery), m.FailLog.Format),
		"full_compare: {schedule: " + w.text(m.Schedule.String()) + "}",
	}
	lines = append(lines, processLines(m)...)
	var patterns []string
	for _, r := range m.Rules {
		patterns = append(patterns, r.Text)
	}
	lines = append(lines, "exclude: "+w.list(patterns))
	targets := "targets:"
	for _, t := range m.Targets {
		targets += "\n  - " + strings.Join(w.target(t), "\n    ")
	}
	lines = append(lines, targets)
	return strings.Join(rapid.Permutation(lines).Draw(w.t, "order"), "\n") + "\n"
}

func processLines(m *Module) []string {
	p := m.Process
	runs := map[bool]string{false: userRunsRsync, true: userRunsWhole}
	ionice := p.IONice.Class
	if ionice == "best-effort" {
		ionice = fmt.Sprintf("best-effort:%d", p.IONice.Level)
	}
	return []string{
		fmt.Sprintf("enabled: %v", m.Enabled),
		fmt.Sprintf("priority: %d", m.Priority),
		fmt.Sprintf("nice: %d", p.Nice),
		"ionice: " + ionice,
		fmt.Sprintf("oom_score_adjust: %d", p.OOMScoreAdjust),
		"memory_max: " + formatSize(p.MemoryMax),
		"user: " + p.User,
		"user_runs: " + runs[p.WholeInstance],
		"log_level: " + strings.ToLower(m.LogLevel.String()),
	}
}

func (w writer) target(t Target) []string {
	r := t.Rsync
	partial := r.PartialDir
	if partial == "" {
		partial = "off"
	}
	lines := []string{
		"url: " + w.text(t.URL),
		fmt.Sprintf("delete: %v", t.Delete),
		"max_delete: " + t.MaxDelete.String(),
		"timeout: " + formatDuration(r.Timeout),
		fmt.Sprintf("bwlimit: %s", formatSize(r.BWLimit)),
		fmt.Sprintf("rsync: {program: %s, args: %s, connect_timeout: %s, compress: %v, partial_dir: %s}",
			w.text(r.Program), w.list(r.Args), formatDuration(r.ConnectTimeout), r.Compress, w.text(partial)),
	}
	if t.Kind == Shell {
		lines = append(lines, fmt.Sprintf("ssh: {identity_file: %s, known_hosts: %s, options: %s}", w.text(t.SSH.IdentityFile), w.text(t.SSH.KnownHosts), w.list(t.SSH.Options)))
	}
	if t.PasswordFile != "" {
		lines = append(lines, "password_file: "+w.text(t.PasswordFile))
	}
	return slices.Clip(lines)
}
