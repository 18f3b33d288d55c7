package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/syncsvc/syncsvc/control"
)

// meter shows a progress: as bars that are painted over on a terminal, as a
// line now and then elsewhere.
type meter struct {
	app     *app
	silent  bool
	repaint bool
	lines   int               // that were painted last
	printed time.Time         // when lines were printed last
	last    map[string]string // what each target was said to do, without numbers
}

func (a *app) newMeter(silent bool) *meter {
	return &meter{app: a, silent: silent, repaint: a.canRepaint(), last: map[string]string{}}
}

// show shows p, if it is time to.
func (m *meter) show(p control.Progress, now time.Time) error {
	switch {
	case m.silent:
		return nil
	case m.repaint:
		return m.paint(p)
	}
	return m.print(p, now)
}

// paint puts new bars where the old ones are.
func (m *meter) paint(p control.Progress) error {
	var b strings.Builder
	if m.lines > 0 {
		fmt.Fprintf(&b, "\x1b[%dA", m.lines)
	}
	lines := m.app.look().Progress(p)
	for _, line := range lines {
		b.WriteString(line + clearLine + "\n")
	}
	m.lines = len(lines)
	return m.app.write(b.String())
}

// print writes a line for each target that does something else than before,
// and for all that move when some time has passed.
func (m *meter) print(p control.Progress, now time.Time) error {
	due := now.Sub(m.printed) >= printEvery && !m.printed.IsZero()
	if due || m.printed.IsZero() {
		m.printed = now
	}
	look := m.app.look()
	for _, t := range p.Targets {
		state := fmt.Sprint(t.Done, t.Waiting, t.Error)
		before, known := m.last[t.Target]
		m.last[t.Target] = state
		news := known && before != state || !known && (t.Waiting != "" || t.Done)
		if !news && (!due || t.Done) {
			continue
		}
		if err := m.app.write(look.ProgressLine(t) + "\n"); err != nil {
			return err
		}
	}
	return nil
}
