package instance

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/syncsvc/syncsvc/change"
	"github.com/syncsvc/syncsvc/control"
)

// maxSyncs is how many comparisons on request are remembered.
const maxSyncs = 50

// syncs are the comparisons that were asked for. It is safe for concurrent use.
type syncs struct {
	mu   sync.Mutex
	last int
	list []*asked
}

// asked is one comparison on request. Its parts are in the order of targets.
type asked struct {
	id      string
	path    string
	started time.Time
	targets []*target
	parts   []*syncing
}

// add remembers a and gives it its name, which no earlier life of the module
// has given.
func (s *syncs) add(a *asked, life time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last++
	a.id = strconv.FormatInt(life.Unix(), 36) + "-" + strconv.Itoa(s.last)
	if s.list = append(s.list, a); len(s.list) > maxSyncs {
		s.list = slices.Delete(s.list, 0, 1)
	}
}

func (s *syncs) find(id string) *asked {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.list {
		if a.id == id {
			return a
		}
	}
	return nil
}

func (in *instance) handleSync(r *http.Request) (any, error) {
	var req control.SyncRequest
	if err := control.Decode(r, &req); err != nil {
		return nil, err
	}
	targets, err := in.choose(req.Target)
	if err != nil {
		return nil, err
	}
	if targets[0].isAlone() {
		return nil, errNoTargets()
	}
	under, err := in.mirroredPart(req.Path)
	if err != nil {
		return nil, err
	}
	a := &asked{path: under, started: time.Now(), targets: targets}
	for _, t := range targets {
		a.parts = append(a.parts, t.sync(under))
	}
	in.syncs.add(a, in.started)
	what := "everything"
	if under != change.Root {
		what = strconv.Quote(under)
	}
	return control.SyncStarted{ID: a.id, Message: "comparing " + what + " with " + several(len(targets), "target", "targets")}, nil
}

// mirroredPart returns the path of a part of the tree that belongs to the mirror.
func (in *instance) mirroredPart(path string) (string, error) {
	under, err := in.locate(path)
	if err != nil { // "/sub" is the folder of that name in the tree
		under, err = inside(path)
	}
	if err != nil {
		return "", err
	}
	if under != change.Root && in.module().Filter.Excluded(under, true) {
		return "", &control.Failed{
			Status: http.StatusBadRequest,
			Err:    fmt.Errorf("%s is excluded: %s", under, in.module().Filter.Why(under, true)),
		}
	}
	return under, nil
}

// handleProgress says how far a comparison on request is.
func (in *instance) handleProgress(r *http.Request) (any, error) {
	a := in.syncs.find(r.PathValue("id"))
	if a == nil {
		return nil, &control.Failed{
			Status: http.StatusNotFound, Err: fmt.Errorf("no sync is called %q", r.PathValue("id")),
			Hint: "it ended long ago, or the module was restarted since",
		}
	}
	p := control.Progress{ID: a.id, Done: true, Started: a.started, Path: control.Path(a.path)}
	here := in.targets()
	for i, t := range a.targets {
		one, examined, total := t.progress(a.parts[i], time.Now())
		if !one.Done && !slices.Contains(here, t) {
			one.Done, one.Error = true, "the target was removed"
		}
		p.Done = p.Done && one.Done
		p.Examined += examined
		p.Total += total
		p.Targets = append(p.Targets, one)
		p.Ended = later(p.Ended, stamp(a.parts[i].endedAt(t)))
	}
	if !p.Done {
		p.Ended = nil
	}
	return p, nil
}

func (s *syncing) endedAt(t *target) time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	return s.ended
}

func later(a, b *time.Time) *time.Time {
	if a == nil || b != nil && b.After(*a) {
		return b
	}
	return a
}
