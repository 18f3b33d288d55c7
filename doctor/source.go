package doctor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/dustin/go-humanize"

	"github.com/syncsvc/syncsvc/config"
	"github.com/syncsvc/syncsvc/watch"
)

// configuration repeats what reading the file and looking at what it names
// have shown, but for what concerns a single target.
func (e *exam) configuration(m *config.Module, about Finding) []Finding {
	findings := problems(m, about)
	for _, w := range m.Warnings() {
		findings = append(findings, about.on("configuration").with(Warn, strings.TrimSpace(w), ""))
	}
	findings = append(findings, runsAs(m, about.on("user"))...)
	if len(findings) == 0 {
		findings = append(findings, about.on("configuration").with(OK, m.File, ""))
	}
	return findings
}

// problems returns what is wrong with what a module, or one of its targets,
// names on this machine.
func problems(m *config.Module, about Finding) []Finding {
	var findings []Finding
	for _, p := range config.CheckSystem(m) {
		if urlOf(m, p.Key) == about.Target {
			findings = append(findings, about.on(subject(p.Key)).with(Bad, p.Error(), p.Hint))
		}
	}
	return findings
}

// subject is what people call the thing that a key names.
func subject(key string) string {
	words := map[string]string{
		"watch": "source", "password_file": "password file", "identity_file": "ssh key", "known_hosts": "known hosts", "program": "rsync",
	}
	if word, known := words[key[strings.LastIndexByte(key, '.')+1:]]; known {
		return word
	}
	return "configuration"
}

// urlOf returns the target that a key such as "targets[1].url" belongs to, or
// "".
func urlOf(m *config.Module, key string) string {
	var i int
	if _, err := fmt.Sscanf(key, "targets[%d]", &i); err != nil || i < 0 || i >= len(m.Targets) {
		return ""
	}
	return m.Targets[i].URL
}

// source looks at the tree: readable, of which size, how it will be watched,
// and which rules have nothing to do in it.
func (e *exam) source(ctx context.Context, m *config.Module, about Finding) []Finding {
	if _, err := os.Stat(m.Watch); err != nil {
		return nil // the configuration has said it
	}
	seen := e.survey(ctx, m)
	switch about := about.on("source"); {
	case errors.Is(seen.err, fs.ErrPermission):
		return []Finding{about.with(Bad, seen.err.Error(), "let who runs syncsvc read it, or run syncsvc as root")}
	case errors.Is(seen.err, context.DeadlineExceeded):
		return []Finding{about.with(Unknown, "there was no time to walk the whole tree: "+treeStep.String(), "")}
	case seen.err != nil:
		return []Finding{about.with(Unknown, seen.err.Error(), "")}
	}
	findings := []Finding{readable(m, seen, about.on("source"))}
	findings = append(findings, backend(m, seen, about.on("backend")))
	if ok, why := watch.TrustedTimes(m.Watch); !ok {
		findings = append(findings, about.on("change times").with(Warn, "after each restart everything is compared: "+why, ""))
	}
	return append(findings, rules(m, seen, about.on("filters"))...)
}

func readable(m *config.Module, seen survey, about Finding) Finding {
	size := fmt.Sprintf("%s in %s", count(seen.entries-seen.folders, "file"), count(seen.folders, "folder"))
	if seen.unreadableAll == 0 {
		return about.with(OK, m.Watch+" is readable: "+size, "")
	}
	list := strings.Join(seen.unreadable, ", ")
	if more := seen.unreadableAll - len(seen.unreadable); more > 0 {
		list += fmt.Sprintf(" and %d more", more)
	}
	return about.with(Bad, fmt.Sprintf("%s cannot be read in %s (%s): %s", count(int64(seen.unreadableAll), "path"), m.Watch, size, list),
		"run syncsvc as root, give it the right to read, or exclude them")
}

func backend(m *config.Module, seen survey, about Finding) Finding {
	limits := watch.ReadLimits()
	free := limits.Watches - (limits.WatchesUsed - limits.Own)
	choice, err := watch.Foresee(m.Watch, watch.Backend(m.Backend), int(seen.folders), free)
	if err != nil {
		return about.with(Unknown, err.Error(), "")
	}
	message := string(choice.Backend)
	switch {
	case choice.Why != "":
		message += ", because " + choice.Why
	case choice.Backend == watch.Inotify:
		message += fmt.Sprintf(", with %s", count(seen.folders, "watch"))
	case m.Backend != config.BackendAuto:
		message += ", as the module says"
	}
	switch {
	case choice.Backend == watch.Poll && m.Backend != config.BackendPoll:
		return about.with(Warn, fmt.Sprintf("%s; looked at every %s", message, m.PollEvery),
			cmp.Or(choice.Hint, "watch the tree on the host that has the disk, or lower poll_every"))
	case choice.Backend == watch.Inotify && choice.Hint != "":
		return about.with(Warn, message+"; a part of the tree will be polled", choice.Hint)
	case choice.Hint != "":
		return about.with(Warn, message, choice.Hint)
	}
	return about.with(OK, message, "")
}

// rules tells of those that no path is decided by.
func rules(m *config.Module, seen survey, about Finding) []Finding {
	if len(m.Rules)+len(m.Regexes) == 0 {
		return nil
	}
	pointed, general := seen.unmatched(m)
	var findings []Finding
	for _, rule := range pointed {
		findings = append(findings, about.with(Warn, "matches nothing: "+rule, "is it spelt as in the tree? a leading / stands for the watched folder; see: syncsvc why "+m.Name+" PATH"))
	}
	if len(general) > 0 {
		findings = append(findings, about.with(OK, "match nothing at the moment: "+strings.Join(general, ", "), ""))
	}
	if len(findings) == 0 {
		findings = append(findings, about.with(OK, "every rule matches something", ""))
	}
	return findings
}

// count writes "1 folder", "12,345 folders".
func count(n int64, noun string) string {
	switch {
	case n == 1:
		return "1 " + noun
	case strings.HasSuffix(noun, "ch"):
		noun += "e"
	}
	return humanize.Comma(n) + " " + noun + "s"
}
