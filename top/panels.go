package top

import (
	"fmt"
	"maps"
	"slices"

	"github.com/syncsvc/syncsvc/console"
	"github.com/syncsvc/syncsvc/control"
)

// trendWidth is how many columns the course of a lag takes.
const trendWidth = 10

// panels are the modules, and beneath them what moves, fails and happens.
func (m model) panels(room int) []string {
	moves, fails, happens := m.transfers(), m.failures(), m.happened()
	s := share(room-fixedLines, len(m.overview.Modules), len(moves), len(fails))
	lines := m.table(s.modules)
	lines = append(lines, m.trouble()...)
	lines = append(lines, m.panel("transfers", moves, s.moves)...)
	lines = append(lines, m.panel("failures", fails, s.fails)...)
	if len(happens) > s.events { // the newest
		happens = happens[len(happens)-s.events:]
	}
	return append(lines, m.panel("events", happens, s.events)...)
}

// fixedLines are the titles of the table and the three panels, and the two
// lines about the selected module.
const fixedLines = 6

// shares are how many lines each part of the screen has.
type shares struct{ modules, moves, fails, events int }

// share divides lines among the parts. None has more than it needs but the
// last, and none nothing.
func share(lines, modules, moves, fails int) shares {
	var s shares
	take := func(wanted, most int) int {
		n := min(max(wanted, 1), max(most, 1))
		lines -= n
		return n
	}
	s.modules = take(modules, lines/2)
	s.moves = take(moves, lines*2/5)
	s.fails = take(fails, lines*2/5)
	s.events = max(lines, 1)
	return s
}

// panel is a title with lines beneath it, rows in all.
func (m model) panel(title string, lines []string, rows int) []string {
	l := m.look()
	head := l.Bold(title)
	if len(lines) > rows {
		head += l.Dim(fmt.Sprintf("  %d of %d", rows, len(lines)))
	}
	if len(lines) == 0 {
		lines = []string{l.Dim("  none")}
	}
	out := append([]string{head}, lines[:min(rows, len(lines))]...)
	for len(out) <= rows {
		out = append(out, "")
	}
	return out
}

// table is the table of modules with a mark at the selected one, which is
// always among the rows shown.
func (m model) table(rows int) []string {
	trend := map[string]string{}
	for name, lags := range m.lags {
		trend[name] = console.Spark(lags, trendWidth)
	}
	l := m.look()
	l.Width -= 2 // the mark
	if l.Width < 96 {
		trend = shorter(trend, 5)
	}
	text := l.ModuleTable(m.overview.Modules, trend)
	if len(text) == 0 {
		return []string{l.Bold("  MODULE"), l.Dim("  none; add one with: syncsvc add-module NAME --watch DIR --target URL")}
	}
	from := min(max(0, m.index()-rows+1), len(text)-1)
	out := []string{"  " + text[0]}
	for i, line := range text[1:][from:min(len(text)-1, from+rows)] {
		mark := "  "
		if from+i == m.index() {
			mark = l.Bold("> ")
		}
		out = append(out, mark+line)
	}
	return out
}

// shorter keeps the newest columns of each trend.
func shorter(trend map[string]string, columns int) map[string]string {
	out := map[string]string{}
	for name, text := range trend {
		marks := []rune(text)
		out[name] = string(marks[max(0, len(marks)-columns):])
	}
	return out
}

// trouble is what is wrong with the selected module, in two lines.
func (m model) trouble() []string {
	module, _ := m.module()
	found := console.Troubles(module)
	if len(found) == 0 || m.selected == "" {
		return []string{"", ""}
	}
	l := m.look()
	return []string{"    " + l.Dim("why: ") + found[0].Why, "    " + l.Dim("do:  ") + found[0].Do}
}

// transfers are the syncs asked for here, and what rsync does now.
func (m model) transfers() []string {
	l := m.look()
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(m.syncs)) {
		for _, line := range l.Progress(m.syncs[name].progress) {
			lines = append(lines, "  "+l.Bold(console.Safe(name))+" sync "+line)
		}
	}
	for _, module := range m.overview.Modules {
		for _, t := range targets(module) {
			for _, j := range t.Transfers {
				rate := console.Rate(m.jobs[jobKey(module.Name, t.URL, j)].rate)
				lines = append(lines, fmt.Sprintf("  %s  %s  %s  %s", l.Bold(console.Safe(module.Name)), rate, l.Job(j), l.Dim(console.Safe(t.URL))))
			}
		}
	}
	return lines
}

// failures are the paths that fail.
func (m model) failures() []string {
	l := m.look()
	var lines []string
	for _, module := range m.overview.Modules {
		for _, t := range targets(module) {
			for _, f := range t.FailList {
				lines = append(lines, fmt.Sprintf("  %s  %s: %s", l.Bold(console.Safe(module.Name)), l.Warn(console.Path(f.Path)), console.Safe(f.Reason)))
			}
			if more := t.Failing - len(t.FailList); more > 0 {
				lines = append(lines, fmt.Sprintf("  %s  %s more at %s", l.Bold(console.Safe(module.Name)), console.Count(int64(more)), console.Safe(t.URL)))
			}
		}
	}
	return lines
}

// happened are the events.
func (m model) happened() []string {
	l := m.look()
	var lines []string
	for _, e := range m.events {
		lines = append(lines, "  "+l.Event(e))
	}
	return lines
}

func targets(m control.Module) []control.Target {
	if m.Status == nil {
		return nil
	}
	return m.Status.Targets
}
