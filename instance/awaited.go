package instance

import (
	"context"
	"slices"
	"time"

	"github.com/syncsvc/syncsvc/change"
	"github.com/syncsvc/syncsvc/hook"
)

const (
	// maxAwaited bounds the paths that some target has and others lack, about
	// 20 MB. Beyond, they are told of as one.
	maxAwaited = 100_000
	// lookEvery is how often it is looked for paths that all targets have without
	// a job having ended: because a walk found nothing to send.
	lookEvery = 2 * time.Second
)

// awaited are the paths that are to be told of once every target has them. It
// is guarded by the messenger.
type awaited struct {
	paths map[string]*await
	fresh []string // to be looked at
	left  int64    // did not fit
}

// await is a path that some target has.
type await struct {
	hook.Event
	from *target // that has it
	on   *target // that lacked it when it was last looked at; nil = nobody looked
}

// add notes what t has.
func (a *awaited) add(t *target, events []hook.Event) {
	for _, e := range events {
		e.Target, e.All = "", true
		if e.Kind == hook.Collapsed {
			a.left += e.Count
			continue
		}
		a.put(e, t)
	}
}

// put notes one event. What becomes of a path that was renamed, and of which
// nobody was told, is told of under both names.
func (a *awaited) put(e hook.Event, t *target) {
	if a.paths == nil {
		a.paths = make(map[string]*await)
	}
	old := a.paths[e.Path]
	switch {
	case old == nil && len(a.paths) >= maxAwaited:
		a.left++
		return
	case old != nil && old.Was != "" && e.Kind == hook.Sent:
		e.Kind, e.Was = old.Kind, old.Was
	case old != nil && old.Was != "" && old.Was != e.Was:
		a.paths[e.Path] = nil
		a.put(hook.Event{Path: old.Was, Kind: hook.Deleted, All: true, Dir: old.Dir, Time: e.Time}, t)
	}
	a.paths[e.Path] = &await{Event: e, from: t}
	a.fresh = append(a.fresh, e.Path)
}

// look tells of what nobody lacks any more: of what was noted since the last
// look, and, if t lacks nothing now, of all that it was lacking or a target that
// is gone.
func (ms *messenger) look(t *target) {
	a := &ms.awaited
	fresh := a.fresh
	a.fresh = nil
	if t.hasAll() {
		present := ms.targets()
		for p, w := range a.paths {
			if w != nil && (w.on == t || !slices.Contains(present, w.on)) {
				fresh = append(fresh, p)
			}
		}
	}
	var told []hook.Event
	for _, p := range fresh {
		w := a.paths[p]
		if w == nil {
			continue // told of already
		}
		if w.on = ms.lacks(w); w.on == nil {
			told = append(told, w.Event)
			delete(a.paths, p)
		}
	}
	if a.left > 0 && len(a.paths) == 0 {
		told = append(told, hook.Event{Path: change.Root, Kind: hook.Collapsed, Dir: true, All: true, Time: time.Now(), Count: a.left})
		a.left = 0
	}
	if len(told) > 0 {
		ms.hooks.Arrived(told)
	}
}

// lacks returns a target other than the one that has a path that lacks it; nil
// when there is none.
func (ms *messenger) lacks(w *await) *target {
	for _, t := range ms.targets() {
		if t != w.from && (t.owes(w.Path) || w.Was != "" && t.owes(w.Was)) {
			return t
		}
	}
	return nil
}

// owes reports whether t may lack what changed at path.
func (t *target) owes(path string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if owed, _ := t.ledger.about(path); owed {
		return true
	}
	_, fails := t.ledger.failing.paths[path]
	return fails || t.ledger.held.holds(path) || !t.based
}

// hasAll reports whether nothing is owed to t.
func (t *target) hasAll() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	owed, _ := t.ledger.owedLen()
	return owed == 0 && t.based
}

// keepLooking looks now and then, until ctx ends.
func (ms *messenger) keepLooking(ctx context.Context) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		for _, t := range ms.targets() {
			letGo := ms.hold()
			ms.look(t)
			letGo()
		}
	}
}
