package console

import (
	"fmt"
	"strings"

	"github.com/syncsvc/syncsvc/control"
)

// target writes everything about one target of a module.
func (p *page) target(t control.Target) {
	l := p.look
	p.line("\n%s  %s", l.Bold("target "+Safe(t.URL)), l.State(t.State))
	p.field("why", "%s", Safe(t.Reason))
	p.field("do", "%s", Safe(t.Hint))
	p.field("owed", "%s", owed(t))
	p.field("in sync", "%s", l.upto(t))
	if t.LastSuccess != nil {
		p.field("last sync", "%s", l.ago(t.LastSuccess))
	}
	if t.NextTry != nil {
		p.field("next try", "%s", l.until(*t.NextTry))
	}
	if t.LastError != "" {
		p.field("last error", "%s (%s)", Safe(firstLine(t.LastError)), l.ago(t.LastErrorAt))
	}
	if t.Held > 0 {
		p.field("held", "%s", l.Warn(Plural(t.Held, "deletion")))
	}
	p.field("so far", "%s", counters(t.Counters))
	for _, j := range t.Transfers {
		p.field("transfer", "%s", l.Job(j))
	}
	p.failing(t)
}

func owed(t control.Target) string {
	text := Plural(int64(t.Owed), "path")
	if t.InFlight > 0 {
		text += fmt.Sprintf(", %s of them in flight", Count(int64(t.InFlight)))
	}
	if t.Lag > 0 {
		text += ", the oldest for " + Seconds(t.Lag)
	}
	return text
}

func (l Look) upto(t control.Target) string {
	if t.Upto == nil {
		return "not yet: the full sync is not finished"
	}
	return "with everything up to " + l.since(*t.Upto)
}

func counters(c control.Counters) string {
	parts := []string{
		Plural(c.Jobs, "transfer"), Count(c.Sent) + " sent", Count(c.Deleted) + " deleted",
		Count(c.Renamed) + " renamed", Bytes(c.BytesSent),
	}
	if c.Errors > 0 {
		parts = append(parts, Plural(c.Errors, "error"))
	}
	if c.Retries > 0 {
		parts = append(parts, fmt.Sprintf("%s again", Count(c.Retries)))
	}
	return strings.Join(parts, ", ")
}

// Job writes one transfer that runs now.
func (l Look) Job(j control.Job) string {
	text := Path(j.Path)
	if j.Paths > 1 {
		text += fmt.Sprintf(" and %s more", Count(int64(j.Paths-1)))
	}
	return fmt.Sprintf("%s %s, %s, for %s", Safe(j.What), text, Bytes(j.Bytes), Span(l.Now.Sub(j.Started)))
}

// failing writes the beginning of the fail list.
func (p *page) failing(t control.Target) {
	if t.Failing == 0 {
		return
	}
	p.field("failing", "%s", p.look.Warn(Plural(int64(t.Failing), "path")))
	for _, f := range t.FailList {
		p.line("    %s: %s", Path(f.Path), Safe(firstLine(f.Reason)))
	}
	if more := t.Failing - len(t.FailList); more > 0 && len(t.FailList) > 0 {
		p.line("    and %s more", Count(int64(more)))
	}
}
