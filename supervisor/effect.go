package supervisor

import (
	"context"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/syncsvc/syncsvc/config"
	"github.com/syncsvc/syncsvc/control"
	"github.com/syncsvc/syncsvc/filter"
)

const (
	// effectPatience is how long a plan walks one tree.
	effectPatience = 15 * time.Second
	// examples is how many paths a plan names of those that a filter change
	// concerns.
	examples = 5
)

// effect is what other rules mean for a tree while it is walked.
type effect struct {
	root     string
	old, new *filter.Filter
	out      control.FilterEffect
}

// effectOf walks the tree of a module and compares what the rules before and
// the ones now say of each entry. It returns nil when they are the same or the
// tree can't be read.
func effectOf(ctx context.Context, before, now *config.Module) *control.FilterEffect {
	if before.Watch != now.Watch || before.Filter.Fingerprint() == now.Filter.Fingerprint() {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, effectPatience)
	defer cancel()
	e := effect{root: now.Watch, old: before.Filter, new: now.Filter}
	err := filepath.WalkDir(e.root, func(path string, d fs.DirEntry, err error) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return e.visit(path, d, err)
	})
	if e.out.Partial = ctx.Err() != nil; err != nil && !e.out.Partial {
		return nil
	}
	return &e.out
}

// visit looks at one entry; its error ends the walk.
func (e *effect) visit(path string, d fs.DirEntry, err error) error {
	rel, relErr := filepath.Rel(e.root, path)
	switch {
	case err != nil && rel == ".":
		return err
	case err != nil: // gone meanwhile, or shut: nothing is known of it
		return skip(d)
	case relErr != nil || rel == ".":
		return relErr
	}
	was, is := !e.old.Excluded(rel, d.IsDir()), !e.new.Excluded(rel, d.IsDir())
	switch {
	case !was && !is:
		return skip(d)
	case is && !was:
		e.out.Sent++
		e.out.SentLike = example(e.out.SentLike, rel)
	case was && !is:
		e.out.Left++
		e.out.LeftLike = example(e.out.LeftLike, rel)
	}
	return nil
}

// skip leaves a folder out with everything in it.
func skip(d fs.DirEntry) error {
	if d != nil && d.IsDir() {
		return fs.SkipDir
	}
	return nil
}

func example(list []control.Path, path string) []control.Path {
	if len(list) < examples {
		list = append(list, control.Path(path))
	}
	return list
}
