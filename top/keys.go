package top

import (
	tea "charm.land/bubbletea/v2"

	"github.com/syncsvc/syncsvc/control"
)

// helpText is what "?" shows.
const helpText = `
  up, k      the module above
  down, j    the module below
  home, g    the first
  end, G     the last
  enter      everything about the module
  esc        back
  p          pause the module, or let it go on
  s          compare all of it with its targets now
  r          try again what failed
  ?          this page
  q          leave

  TREND is how the lag has gone in the last seconds, the newest at the right; a
  mark is one higher from 1s, 5s, 15s, 1m, 5m, 15m and 1h on.
`

// key does what a key is for.
func (m model) key(name string) (tea.Model, tea.Cmd) {
	switch name {
	case "q", "ctrl+c":
		return m, tea.Quit
	case "?":
		if m.page != help {
			m.page, m.back = help, m.page
			return m, nil
		}
		m.page = m.back
	case "esc", "left", "h", "backspace":
		return m.leave(), nil
	case "enter", "right", "l":
		if m.page == all && m.selected != "" {
			m.page, m.scroll = one, 0
		}
	case "p", "s", "r":
		return m.act(name)
	default:
		return m.move(name), nil
	}
	return m, nil
}

// leave goes back to where the page was opened.
func (m model) leave() model {
	if m.page == help {
		m.page = m.back
	} else {
		m.page = all
	}
	return m
}

// act asks for something to be done to the selected module.
func (m model) act(name string) (tea.Model, tea.Cmd) {
	module, ok := m.module()
	if !ok || m.page == help {
		return m, nil
	}
	verb := map[string]Verb{"p": Pause, "s": Sync, "r": Retry}[name]
	if verb == Pause && module.State == control.Paused {
		verb = Resume
	}
	return m.say(false, module.Name+": "+string(verb)+" ..."), m.calls.do(verb, module.Name)
}

// move moves the selection, or the page of one module.
func (m model) move(name string) model {
	step, known := map[string]int{
		"up": -1, "k": -1, "down": 1, "j": 1,
		"pgup": -m.leap(), "pgdown": m.leap(), "home": -1 << 20, "g": -1 << 20, "end": 1 << 20, "G": 1 << 20,
	}[name]
	if !known {
		return m
	}
	switch m.page {
	case all:
		if n := len(m.overview.Modules); n > 0 {
			i := min(max(m.index()+step, 0), n-1)
			m.selected = m.overview.Modules[i].Name
		}
	case one:
		m.scroll = min(max(m.scroll+step, 0), m.maxScroll())
	}
	return m
}

// leap is how far a key for a whole page goes.
func (m model) leap() int { return max(1, m.height-6) }
