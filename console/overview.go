package console

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/syncsvc/syncsvc/control"
)

// maxName is how wide a name may make its column where there is room.
const maxName = 40

// Overview writes all modules as a table, worst first, and beneath each one
// that is not well what is wrong and what to do.
func (l Look) Overview(o control.Overview) string {
	var b strings.Builder
	modules := WorstFirst(o.Modules)
	for i, line := range l.ModuleTable(modules, nil) {
		b.WriteString(line + "\n")
		if i > 0 {
			m := modules[i-1]
			for _, t := range Troubles(m) {
				l.trouble(&b, "  "+l.Dim("why:")+" ", t, "syncsvc status "+Safe(m.Name))
			}
		}
	}
	l.stray(&b, o)
	if len(modules) == 0 && len(o.Problems) == 0 {
		b.WriteString("no module; add one with: syncsvc add-module NAME --watch DIR --target URL\n")
	}
	b.WriteByte('\n')
	for _, line := range l.summary(o) {
		b.WriteString(l.Dim(line) + "\n")
	}
	return b.String()
}

// stray writes problems of files that are no module because of them.
func (l Look) stray(b *strings.Builder, o control.Overview) {
	known := map[string]bool{}
	for _, m := range o.Modules {
		for _, p := range m.Problems {
			known[p.Text] = true
		}
	}
	for _, p := range o.Problems {
		if !known[p.Text] || p.Text == "" {
			l.trouble(b, l.Bad("file")+" ", problemTrouble(p), "syncsvc config check")
		}
	}
}

// ModuleTable writes one line a module beneath a line of titles. Trend, unless
// it is nil, says of each module by name how its lag has gone, as [Spark] does.
func (l Look) ModuleTable(modules []control.Module, trend map[string]string) []string {
	if len(modules) == 0 {
		return nil
	}
	columns := []column{{title: "MODULE", most: maxName}, {title: "STATE"}, {title: "LAG", right: true}}
	if trend != nil {
		columns = append(columns, column{title: "TREND"})
	}
	columns = append(columns, column{title: "OWED", right: true}, column{title: "TARGETS"},
		column{title: "LAST SYNC", right: true}, column{title: "RATE", right: true})
	rows := make([][]string, 0, len(modules))
	for _, m := range modules {
		row := []string{Safe(m.Name), l.State(m.State), Seconds(m.Lag)}
		if trend != nil {
			row = append(row, trend[m.Name])
		}
		rows = append(rows, append(row, Count(int64(m.Owed)), l.targets(m), l.ago(m.LastSync), Rate(m.Rate)))
	}
	return l.table(columns, rows)
}

func (l Look) targets(m control.Module) string {
	text := fmt.Sprintf("%d/%d", m.TargetsOK, m.Targets)
	if m.TargetsOK < m.Targets {
		return l.Warn(text)
	}
	return text
}

// trouble writes what is wrong, after its label, and what to do about it, each
// in one line. When that is not enough, more tells where to find the rest.
func (l Look) trouble(b *strings.Builder, label string, t Trouble, more string) {
	room := l.width() - len("  do:  ")
	b.WriteString(Cut(label+t.Why, l.width()) + "\n")
	if Width(label+t.Why) > l.width() || Width(t.Do) > room {
		more = " (more: " + more + ")"
		t.Do = Cut(t.Do, max(0, room-Width(more))) + more
	}
	if t.Do != "" {
		b.WriteString(Cut("  "+l.Dim("do:")+"  "+t.Do, l.width()) + "\n")
	}
}

// summary counts the modules by state and says which service this is.
func (l Look) summary(o control.Overview) []string {
	lines := []string{Cut(Counts(o), l.width())}
	if o.Pid > 0 {
		lines = append(lines, fmt.Sprintf("%s, pid %d, up %s", cmp.Or(Safe(o.Version), "syncsvc"), o.Pid, Span(l.Now.Sub(o.Started))))
	}
	if o.Budget != nil {
		lines = append(lines, budget(*o.Budget))
	}
	return lines
}

// Counts says how many modules are in which state, worst first.
func Counts(o control.Overview) string {
	count := map[control.State]int{}
	for _, m := range o.Modules {
		count[m.State]++
	}
	var states []string
	for _, m := range WorstFirst(o.Modules) {
		if n := count[m.State]; n > 0 {
			states = append(states, fmt.Sprintf("%d %s", n, Safe(string(m.State))))
			delete(count, m.State)
		}
	}
	text := Plural(int64(len(o.Modules)), "module")
	if len(states) > 0 {
		text += ": " + strings.Join(states, ", ")
	}
	return text
}

func budget(b control.Budget) string {
	var parts []string
	if b.Rsyncs > 0 {
		parts = append(parts, fmt.Sprintf("%d of %d rsyncs", b.RsyncsUsed, b.Rsyncs))
	}
	if b.FullSyncs > 0 {
		parts = append(parts, fmt.Sprintf("%d of %d full syncs", b.FullSyncsUsed, b.FullSyncs))
	}
	if b.Bandwidth > 0 {
		parts = append(parts, fmt.Sprintf("%s of %s/s", Bytes(b.BandwidthUsed), Bytes(b.Bandwidth)))
	}
	if b.Waiting > 0 {
		parts = append(parts, fmt.Sprintf("%d wait", b.Waiting))
	}
	return "budget " + strings.Join(parts, ", ")
}

// since writes a moment and how long ago it was.
func (l Look) since(t time.Time) string {
	if t.IsZero() {
		return none
	}
	return l.clock(t) + ", " + Span(l.Now.Sub(t)) + " ago"
}
