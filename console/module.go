package console

import (
	"fmt"
	"strings"

	"github.com/syncsvc/syncsvc/control"
)

// shownDeaths is how many deaths of a module are told; all are in the JSON.
const shownDeaths = 3

// Module writes everything an operator wants to know of one module.
func (l Look) Module(m control.Module) string {
	p := &page{look: l}
	p.line("%s  %s", l.Bold(Safe(m.Name)), l.State(m.State))
	for _, t := range Troubles(m) {
		p.field("why", "%s", t.Why)
		if t.Do != "" {
			p.field("do", "%s", t.Do)
		}
	}
	p.field("since", "%s", l.since(m.Since))
	p.field("file", "%s", Safe(m.File))
	p.field("wanted", "%s", wanted(m))
	p.process(m)
	if m.Status != nil {
		p.source(*m.Status)
		for _, t := range m.Status.Targets {
			p.target(t)
		}
		for _, h := range m.Status.Hooks {
			p.hook(h)
		}
	}
	p.deaths(m.Deaths)
	p.problems(m.Problems)
	return p.String()
}

// page is text made of fields beneath each other.
type page struct {
	strings.Builder
	look Look
}

func (p *page) line(format string, args ...any) {
	fmt.Fprintf(p, format+"\n", args...)
}

// field writes a name and a value, if there is a value.
func (p *page) field(name, format string, args ...any) {
	if text := fmt.Sprintf(format, args...); text != "" {
		p.line("  %s %s", p.look.Dim(pad(name+":", 13, false)), text)
	}
}

func wanted(m control.Module) string {
	text := Safe(string(m.Wanted))
	if m.WantedWhy != "" {
		text += ", " + Safe(m.WantedWhy)
	}
	return text
}

func (p *page) process(m control.Module) {
	if m.Pid > 0 && m.Started != nil {
		text := fmt.Sprintf("pid %d, up %s", m.Pid, Span(p.look.Now.Sub(*m.Started)))
		if m.Memory > 0 {
			text += ", " + Bytes(m.Memory) + " of memory"
		}
		p.field("process", "%s", text)
	}
	if m.NextStart != nil {
		p.field("next start", "%s", p.look.until(*m.NextStart))
	}
	if m.Restarts > 0 {
		p.field("restarts", "%s", Count(int64(m.Restarts)))
	}
}

func (p *page) source(s control.Status) {
	p.field("watch", "%s", Safe(s.Watch))
	if s.Backend != "" {
		text := fmt.Sprintf("%s, %s watched, %s, %s", Safe(s.Backend), Plural(s.Folders, "folder"),
			Plural(s.Events, "event"), Plural(s.Overflows, "overflow"))
		p.field("backend", "%s", text)
		p.field("because", "%s", Safe(s.BackendWhy))
	}
	if s.Watches > 0 {
		p.field("watches", "%s of %s", Count(s.Watches), Count(s.WatchLimit))
	}
	if s.PolledAll > 0 {
		p.field("polled", "%s without a watch, as %s", Plural(s.PolledAll, "folder"), Safe(strings.Join(s.Polled, ", ")))
		p.field("do", "%s", Safe(s.WatchHint))
	}
	for _, lost := range s.LostMounts {
		p.field("not mounted", "%s", Path(lost))
	}
	p.field("log level", "%s", Safe(s.LogLevel))
}

func (p *page) deaths(all []control.Death) {
	if len(all) == 0 {
		return
	}
	p.line("\n%s", p.look.Bold(Plural(int64(len(all)), "death")))
	for _, d := range all[max(0, len(all)-shownDeaths):] {
		p.line("  %s  %s, after %s", p.look.clock(d.Time), p.look.Bad(Safe(d.Cause)), Seconds(d.Lived))
		for _, line := range quote(d.First, d.Last) {
			p.line("    %s", p.look.Dim("| ")+line)
		}
		if d.Dump != "" {
			p.line("    all of it: %s", Safe(d.Dump))
		}
	}
}

// quote returns the first and the last lines of an output without telling
// those twice that are both.
func quote(first, last []string) []string {
	var lines []string
	for _, line := range first {
		lines = append(lines, Safe(line))
	}
	if overlap := len(first) > 0 && len(last) > 0 && first[len(first)-1] == last[len(last)-1]; overlap {
		return lines
	}
	if len(first) > 0 && len(last) > 0 {
		lines = append(lines, "…")
	}
	for _, line := range last {
		lines = append(lines, Safe(line))
	}
	return lines
}

func (p *page) problems(all []control.Problem) {
	if len(all) == 0 {
		return
	}
	p.line("\n%s", p.look.Bold("its file as it is now is not used"))
	p.WriteString(p.look.Problems(all))
}

// Problems writes what is wrong with configuration files, with the lines in
// question.
func (l Look) Problems(all []control.Problem) string {
	var b strings.Builder
	for _, p := range all {
		text := strings.TrimRight(p.Text, "\n")
		if text == "" {
			t := problemTrouble(p)
			text = t.Why + "\nhint: " + t.Do
		}
		for line := range strings.SplitSeq(text, "\n") {
			b.WriteString(Safe(line) + "\n")
		}
	}
	return b.String()
}
