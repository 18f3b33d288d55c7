package top

import (
	"cmp"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/syncsvc/syncsvc/console"
)

// The smallest window in which there is something to see.
const (
	minWidth  = 40
	minHeight = 12
)

// View draws the screen.
func (m model) View() tea.View {
	v := tea.NewView(strings.Join(m.lines(), "\n"))
	v.AltScreen = true
	v.WindowTitle = "syncsvc top"
	return v
}

func (m model) look() console.Look {
	return console.Look{Colour: m.colour, Width: m.width, Now: m.now}
}

// lines are those of the whole screen, none wider than it.
func (m model) lines() []string {
	if m.width < minWidth || m.height < minHeight {
		return m.frame([]string{"the window is too small"})
	}
	lines := []string{m.title()}
	room := m.height - 2
	switch {
	case m.page == help:
		lines = append(lines, strings.Split(helpText, "\n")...)
	case !m.heard:
		lines = append(lines, "", m.absent())
	case m.page == one:
		lines = append(lines, m.detail(room)...)
	default:
		lines = append(lines, m.panels(room)...)
	}
	lines = m.frame(lines)
	lines[m.height-1] = console.Cut(m.footer(), m.width)
	return lines
}

// frame makes lines as many as the screen has, and none wider.
func (m model) frame(lines []string) []string {
	screen := make([]string, max(m.height, 1))
	for i := range screen {
		if i < len(lines) {
			screen[i] = console.Cut(lines[i], m.width)
		}
	}
	return screen
}

// absent is what there is to say before the first answer.
func (m model) absent() string {
	if m.err != nil {
		return m.look().Bad(console.Safe(m.err.Error()))
	}
	return "asking ..."
}

// title says what is shown, of when.
func (m model) title() string {
	l := m.look()
	text := l.Bold("syncsvc top") + "  " + m.now.Format(time.TimeOnly)
	if m.heard {
		text += "  " + console.Counts(m.overview)
	}
	return text
}

// footer says what became of the last key, or which keys there are.
func (m model) footer() string {
	l := m.look()
	switch {
	case m.err != nil && m.heard:
		return l.Bad("no answer: " + console.Safe(m.err.Error()))
	case m.note != "" && m.bad:
		return l.Bad(console.Safe(m.note))
	}
	keys := "enter details  p pause  s sync  r retry  ? help  q quit"
	if m.page != all {
		keys = "esc back  p pause  s sync  r retry  ? help  q quit"
	}
	return cmp.Or(l.Good(console.Safe(m.note)), l.Dim(keys))
}

// detail is the page of one module.
func (m model) detail(room int) []string {
	text := m.detailText()
	from := min(m.scroll, max(0, len(text)-1))
	return text[from:min(len(text), from+room)]
}

func (m model) detailText() []string {
	module, _ := m.module()
	l := m.look()
	text := strings.Split(strings.TrimRight(l.Module(module), "\n"), "\n")
	text = append(text, "", l.Bold("events"))
	found := false
	for _, e := range m.events {
		if e.Module == module.Name {
			found = true
			text = append(text, "  "+l.Event(e))
		}
	}
	if !found {
		text = append(text, l.Dim("  none yet"))
	}
	return text
}

// maxScroll is how far the page of one module can be moved.
func (m model) maxScroll() int { return max(0, len(m.detailText())-(m.height-2)) }
