package instance

import (
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/syncsvc/syncsvc/change"
	"github.com/syncsvc/syncsvc/hook"
)

// pair is two targets and the messenger that tells what both have. Its hook
// does not run: what is to be told stays in its memory.
type pair struct {
	near, far *target
	ms        *messenger
}

func newPair(t *testing.T) *pair {
	t.Helper()
	p := &pair{
		near: &target{name: "near", ledger: newLedger(time.Minute, 100), standing: standing{based: true}},
		far:  &target{name: "far", ledger: newLedger(time.Minute, 100), standing: standing{based: true}},
	}
	hooks, err := hook.New(hook.Options{
		Module: "www", Root: "/srv", Dir: t.TempDir(), Log: slog.New(slog.DiscardHandler),
		Hooks: []hook.Spec{{
			Name: "all", Kind: "command", AfterAll: true, Events: hook.Events{Sent: true, Deleted: true, Renamed: true},
			Concurrency: 1, Batch: 1, Queue: 1_000_000,
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	p.ms = &messenger{hooks: hooks, all: true, targets: func() []*target { return []*target{p.near, p.far} }}
	return p
}

// has tells that a target has a path, and returns how many are told of.
func (p *pair) has(t *target, events ...hook.Event) int64 {
	p.ms.tell(t, events)
	p.ms.look(t)
	return p.told()
}

func (p *pair) told() int64 { return p.ms.hooks.Status()[0].Waiting }

func sent(path string) hook.Event { return hook.Event{Path: path, Kind: hook.Sent} }

func TestPathIsToldOnceTheLastTargetHasIt(t *testing.T) {
	p := newPair(t)
	p.far.ledger.add(change.Change{Path: "a", Since: time.Now()})
	if n := p.has(p.near, sent("a")); n != 0 {
		t.Errorf("told %d before far has it", n)
	}
	p.far.ledger = newLedger(time.Minute, 100)
	if n := p.has(p.far, sent("a")); n != 1 {
		t.Errorf("told %d times", n)
	}
}

func TestPathThatAWalkFoundInOrderIsTold(t *testing.T) {
	p := newPair(t)
	p.far.ledger.add(change.Change{Path: change.Root, Scope: change.Scan, Since: time.Now()})
	p.has(p.near, sent("a"), sent("b/c"))
	p.far.ledger = newLedger(time.Minute, 100)
	p.ms.look(p.far)
	if n := p.told(); n != 2 {
		t.Errorf("told of %d", n)
	}
}

func TestRenamedAndDeletedIsToldUnderBothNames(t *testing.T) {
	p := newPair(t)
	p.far.ledger.add(change.Change{Path: change.Root, Scope: change.Tree, Since: time.Now()})
	p.has(p.near, hook.Event{Path: "new", Was: "old", Kind: hook.Renamed})
	p.has(p.near, sent("new"))
	if got := p.ms.awaited.paths["new"].Event; got.Kind != hook.Renamed || got.Was != "old" {
		t.Errorf("%+v", got)
	}
	p.has(p.near, hook.Event{Path: "new", Kind: hook.Deleted})
	kinds := map[string]hook.Kind{}
	for path, w := range p.ms.awaited.paths {
		kinds[path] = w.Kind
	}
	if diff := cmp.Diff(map[string]hook.Kind{"old": hook.Deleted, "new": hook.Deleted}, kinds); diff != "" {
		t.Error(diff)
	}
}

func TestTooManyAwaitedPathsAreToldAsOne(t *testing.T) {
	p := newPair(t)
	p.far.ledger.add(change.Change{Path: change.Root, Scope: change.Tree, Since: time.Now()})
	p.ms.awaited.paths = make(map[string]*await)
	for i := range maxAwaited - 1 {
		p.ms.awaited.paths[string(rune('a'+i%26))+time.Duration(i).String()] = &await{Event: hook.Event{Path: "x", Kind: hook.Sent, All: true}, from: p.near, on: p.far}
	}
	p.has(p.near, sent("1"), sent("2"), sent("3"))
	p.far.ledger = newLedger(time.Minute, 100)
	p.ms.look(p.far)
	if n := p.told(); n != maxAwaited+1 || len(p.ms.awaited.paths) != 0 || p.ms.awaited.left != 0 {
		t.Errorf("told %d, %d wait, %d are left out", n, len(p.ms.awaited.paths), p.ms.awaited.left)
	}
}

func TestNobodyWaitsForATargetThatIsGone(t *testing.T) {
	p := newPair(t)
	p.far.ledger.add(change.Change{Path: "a", Since: time.Now()})
	p.has(p.near, sent("a"))
	p.ms.targets = func() []*target { return []*target{p.near} }
	p.ms.look(p.near)
	if n := p.told(); n != 1 {
		t.Errorf("told of %d", n)
	}
}
