package top

import (
	"maps"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/syncsvc/syncsvc/console"
	"github.com/syncsvc/syncsvc/control"
)

const (
	maxEvents = 200 // that are kept for the screen
	maxLags   = 60  // a module, one for each time that was asked

	noteFor = 5 * time.Second // a note is shown
)

// screen is which of its pages is shown.
type screen uint8

const (
	all screen = iota
	one
	help
)

// model is everything the screen knows. Update returns a new one; what is
// shared between two of them is never changed.
type model struct {
	calls  calls
	colour bool
	width  int
	height int

	now      time.Time
	overview control.Overview // modules worst first
	heard    bool             // an overview has come
	err      error            // why the last one has not
	lags     map[string][]float64
	jobs     map[string]gauge
	events   []control.Event // the newest last
	syncs    map[string]syncing

	page     screen
	back     screen // where help goes back to
	selected string // a module's name
	scroll   int    // of the page of one module
	note     string // what became of the last key
	bad      bool   // the note is of something that failed
	noted    time.Time
}

// syncing is a sync that was asked for here.
type syncing struct {
	id       string
	progress control.Progress
}

func newModel(c calls, colour bool, now time.Time) model {
	return model{calls: c, colour: colour, now: now, width: 80, height: 24}
}

// Init asks for the first overview.
func (m model) Init() tea.Cmd { return m.calls.overview() }

// Update returns the state after msg, and what to do next.
func (m model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
	case tea.KeyPressMsg:
		return m.key(msg.String())
	case tickMsg:
		return m, m.ask()
	case overviewMsg:
		return m.learn(msg), m.calls.tick()
	case eventMsg:
		m.events = append(slices.Clone(m.events[max(0, len(m.events)+1-maxEvents):]), control.Event(msg))
	case doneMsg:
		return m.done(msg), nil
	case progressMsg:
		return m.progressed(msg), nil
	}
	return m, nil
}

// ask asks for everything that is shown and changes by itself.
func (m model) ask() tea.Cmd {
	cmds := []tea.Cmd{m.calls.overview()}
	for module, s := range m.syncs {
		cmds = append(cmds, m.calls.progress(module, s.id))
	}
	return tea.Batch(cmds...)
}

// learn takes in an overview.
func (m model) learn(msg overviewMsg) model {
	m.now, m.err = msg.at, msg.err
	if m.now.Sub(m.noted) > noteFor {
		m.note = ""
	}
	if msg.err != nil {
		return m
	}
	m.heard = true
	m.overview = msg.overview
	m.overview.Modules = console.WorstFirst(msg.overview.Modules)
	lags := map[string][]float64{}
	for _, module := range m.overview.Modules {
		before := m.lags[module.Name]
		before = before[max(0, len(before)+1-maxLags):]
		lags[module.Name] = append(slices.Clone(before), module.Lag)
	}
	m.lags = lags
	m.jobs = gaugeJobs(m.jobs, m.overview.Modules, msg.at)
	if _, ok := m.module(); !ok {
		m.selected = ""
		if len(m.overview.Modules) > 0 {
			m.selected = m.overview.Modules[0].Name
		}
		if m.page == one {
			m.page = all
		}
	}
	return m
}

// done takes in what became of a key.
func (m model) done(msg doneMsg) model {
	if msg.err != nil {
		return m.say(true, msg.module+": "+string(msg.verb)+": "+msg.err.Error())
	}
	m = m.say(false, msg.module+": "+msg.said)
	if msg.id != "" {
		m.syncs = maps.Clone(m.syncs)
		if m.syncs == nil {
			m.syncs = map[string]syncing{}
		}
		m.syncs[msg.module] = syncing{id: msg.id}
	}
	return m
}

// progressed takes in how far a sync is. One that ended is not asked for again.
func (m model) progressed(msg progressMsg) model {
	s, ok := m.syncs[msg.module]
	if !ok || msg.err == nil && msg.progress.ID != s.id {
		return m // of one before
	}
	m.syncs = maps.Clone(m.syncs)
	m.syncs[msg.module] = syncing{s.id, msg.progress}
	if msg.err != nil || msg.progress.Done {
		delete(m.syncs, msg.module)
		if msg.err != nil {
			return m.say(true, msg.module+": sync: "+msg.err.Error())
		}
		return m.say(false, msg.module+": sync done")
	}
	return m
}

// say shows a note for a while.
func (m model) say(bad bool, note string) model {
	m.note, m.bad, m.noted = note, bad, m.now
	return m
}

// module returns the one that is selected.
func (m model) module() (control.Module, bool) {
	i := m.index()
	if i < 0 {
		return control.Module{}, false
	}
	return m.overview.Modules[i], true
}

// index is where in the table the selected module is; -1 = none is.
func (m model) index() int {
	return slices.IndexFunc(m.overview.Modules, func(o control.Module) bool { return o.Name == m.selected })
}
