package instance

import (
	"context"
	"errors"
	"time"

	"github.com/syncsvc/syncsvc/change"
	"github.com/syncsvc/syncsvc/checkpoint"
)

// mountsEvery is how often mounts inside the tree are looked at beside the look
// before every job.
const mountsEvery = time.Second

// rememberMounts loads the places that an earlier life of the module knew.
func (in *instance) rememberMounts() error {
	err := in.ground.inner.remember(in.store)
	if errors.Is(err, checkpoint.ErrCorrupt) {
		in.Log.Warn("the list of mounts inside the tree is damaged; a scan makes it anew", "err", err)
		return nil
	}
	return err
}

// keepMounts follows what is mounted inside the tree until ctx ends.
func (in *instance) keepMounts(ctx context.Context) {
	for sleep(ctx, mountsEvery) {
		in.checkMounts()
	}
}

// checkMounts says what left and has everything compared where something is
// mounted again: it may be another file system, or have changed elsewhere.
func (in *instance) checkMounts() {
	in.ground.inner.found(in.source.lostMounts()...)
	root, err := in.ground.pin()
	if err != nil {
		return // the whole tree is away
	}
	defer root.Close()
	_, left, back := in.ground.inner.look(root)
	in.ground.inner.note(left, back)
	for _, p := range left {
		in.Log.Warn("nothing is mounted any more inside the tree; nothing is deleted there", "path", p, "hint", lostMountHint(in.module().Name))
	}
	if len(left) > 0 {
		in.dropped() // what they read there can't be believed
	}
	for _, p := range back {
		in.Log.Info("mounted again inside the tree", "path", p)
		in.compare(p)
	}
}

func lostMountHint(module string) string {
	return "mount it; or, if it is gone for good, run: syncsvc approve " + module
}

// compare owes a comparison of everything beneath path to every target.
func (in *instance) compare(path string) {
	for _, t := range in.targets() {
		c := compareAll(path)
		c.Spare = false // what is there now is not what was
		t.offer([]change.Change{c})
	}
}

// forgetMounts makes ordinary folders of places that lost their file system
// and returns how many those are.
func (in *instance) forgetMounts() int {
	places := in.ground.inner.forget()
	for _, p := range places {
		in.compare(p)
	}
	return len(places)
}

// arrived marks c when it tells of a file system that was mounted: that is no
// reason to delete without counting what the folder held before.
func (g *ground) arrived(c change.Change) change.Change {
	if c.Path == change.Root || c.Scope != change.Tree && c.Scope != change.Scan {
		return c
	}
	root, err := g.pin()
	if err != nil {
		return c
	}
	defer root.Close()
	if isMount(int(root.Fd()), c.Path) {
		g.inner.found(c.Path)
		c.Swept = true
	}
	return c
}

// lostMounts is what the watcher knows of them.
func (s *source) lostMounts() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.watcher == nil {
		return nil
	}
	return s.watcher.LostMounts()
}
