package doctor

import (
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/syncsvc/syncsvc/config"
	"github.com/syncsvc/syncsvc/rsync"
)

// exam is one run of Check. It is closed at the end.
type exam struct {
	Options
	runner *rsync.Runner
	trees  map[*config.Module]*tree
	walks  chan struct{} // a token for each walk under way
}

// walksAtOnce keeps a check of many modules from taking all of the disk.
const walksAtOnce = 2

func newExam(o Options) *exam {
	e := &exam{Options: o, runner: rsync.NewRunner(), trees: map[*config.Module]*tree{}, walks: make(chan struct{}, walksAtOnce)}
	for _, m := range o.Modules {
		e.trees[m] = &tree{}
	}
	return e
}

func (e *exam) close() { e.runner.Close() }

// steps lists everything there is to look at.
func (e *exam) steps() []step {
	steps := []step{
		{Finding{What: "rsync"}, shortStep, e.programs},
		{Finding{What: "other mirrors"}, shortStep, e.rivals},
	}
	for _, m := range e.Modules {
		about := Finding{Module: m.Name}
		steps = append(
			steps,
			step{about.on("configuration"), shortStep, func(context.Context) []Finding { return e.configuration(m, about) }},
			step{about.on("source"), treeStep, func(ctx context.Context) []Finding { return e.source(ctx, m, about) }},
		)
		for i := range m.Targets {
			t := &m.Targets[i]
			about := Finding{Module: m.Name, Target: t.URL}
			steps = append(steps, step{about.on("reachable"), wireStep, func(ctx context.Context) []Finding {
				return e.target(ctx, m, t, about)
			}})
		}
	}
	return append(
		steps,
		step{Finding{What: "inotify watches"}, treeStep, e.limits},
		step{Finding{What: "modules side by side"}, shortStep, func(context.Context) []Finding { return e.sideBySide() }},
	)
}

// tree is what a walk of a module's source found. It is walked once, by
// whoever needs it first.
type tree struct {
	once sync.Once
	seen survey
}

func (e *exam) survey(ctx context.Context, m *config.Module) survey {
	t := e.trees[m]
	t.once.Do(func() {
		select {
		case e.walks <- struct{}{}:
			defer func() { <-e.walks }()
			t.seen = look(ctx, m)
		case <-ctx.Done():
			t.seen.err = ctx.Err()
		}
	})
	return t.seen
}

// programs asks each rsync that is used here for its version.
func (e *exam) programs(ctx context.Context) []Finding {
	used := map[string]bool{}
	for _, m := range e.Modules {
		for _, t := range m.Targets {
			used[t.Rsync.Program] = true
		}
	}
	var findings []Finding
	for _, program := range slices.Sorted(maps.Keys(used)) {
		findings = append(findings, version(ctx, program))
	}
	return findings
}

func version(ctx context.Context, program string) Finding {
	about := Finding{What: "rsync"}
	release, err := rsync.Version(ctx, program)
	switch {
	case err != nil:
		return about.with(Unknown, "the version of "+program+" here cannot be told: "+err.Error(), "install rsync 3.1.0 or newer, unless it is a program that runs one")
	case !release.AtLeast(3, 1, 0):
		return about.with(Bad, program+" here is "+release.String(), "install rsync 3.1.0 or newer")
	}
	return about.with(OK, program+" here is "+release.String(), "")
}
