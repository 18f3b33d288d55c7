package console

import (
	"fmt"
	"strings"

	"github.com/syncsvc/syncsvc/control"
)

// Failures writes the paths that fail, in the order given.
func (l Look) Failures(all []control.TargetFailure) string {
	columns := []column{
		{title: "MODULE", most: 20},
		{title: "PATH", most: 60},
		{title: "TRIES", right: true},
		{title: "NEXT", right: true},
		{title: "SINCE", right: true},
		{title: "TARGET", most: 60},
	}
	rows := make([][]string, 0, len(all))
	for _, f := range all {
		rows = append(rows, []string{
			Safe(f.Module), Path(f.Path), Count(int64(f.Attempts)), l.until(f.Next), Span(l.Now.Sub(f.First)), Safe(f.Target),
		})
	}
	var b strings.Builder
	for i, line := range l.table(columns, rows) {
		b.WriteString(line + "\n")
		if i > 0 {
			fmt.Fprintf(&b, "  %s%s\n", l.Dim("why: "), Safe(firstLine(all[i-1].Reason)))
		}
	}
	return b.String()
}

// Differences writes what a verification found, one line each.
func (l Look) Differences(all []control.Difference) string {
	widest := 0
	for _, d := range all {
		widest = max(widest, Width(Safe(d.What)))
	}
	var b strings.Builder
	for _, d := range all {
		owed := ""
		if d.Owed {
			owed = l.Dim("  (on its way)")
		}
		fmt.Fprintf(&b, "%s  %s  %s%s\n", l.Warn(pad(Safe(d.What), widest, false)), Path(d.Path), l.Dim(Safe(d.Target)), owed)
	}
	return b.String()
}

// Why writes what happens to one path, and why.
func (l Look) Why(w control.WhyAnswer) string {
	p := &page{look: l}
	verdict := l.Good("mirrored")
	if !w.Mirrored {
		verdict = l.Warn("not mirrored")
	}
	p.line("%s  %s", l.Bold(Path(w.Path)), verdict)
	kind := "does not exist in the source"
	if w.Exists {
		kind = Safe(w.Kind)
	}
	p.field("is", "%s", kind)
	p.field("rule", "%s", Safe(w.Rule))
	p.field("where", "%s", Safe(w.Where))
	for _, t := range w.Targets {
		p.whyTarget(t)
	}
	return p.String()
}

func (p *page) whyTarget(t control.WhyTarget) {
	p.line("  %s: %s", Safe(t.Target), Safe(t.Verdict))
	if t.LastSent != nil && !strings.Contains(t.Verdict, "last sent") {
		p.line("    last sent %s", p.look.since(*t.LastSent))
	}
	if f := t.Failure; f != nil && !strings.Contains(t.Verdict, f.Reason) {
		p.line("    %s after %s: %s; again %s", p.look.Warn("fails"), Plural(int64(f.Attempts), "attempt"),
			Safe(firstLine(f.Reason)), p.look.until(f.Next))
	}
}
