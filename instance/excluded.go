package instance

import (
	"context"
	"os"
	"sync"

	"github.com/syncsvc/syncsvc/change"
	"github.com/syncsvc/syncsvc/filter"
	"github.com/syncsvc/syncsvc/rsync"
	"github.com/syncsvc/syncsvc/scan"
)

// found is a path that the rules leave out.
type found struct {
	path string
	dir  bool
}

// excludedUnder returns what the rules leave out at and beneath a folder;
// nothing is said of what lies inside an excluded folder.
func (g *ground) excludedUnder(ctx context.Context, root *os.File, under string) ([]found, error) {
	var (
		mu  sync.Mutex // guards out: several workers ask
		out []found
	)
	_, err := scan.Walk(ctx, scan.Options{
		Root: procPath(int(root.Fd()), ""), Under: under,
		Excluded: func(path string, dir bool) bool {
			no := g.filter.ExcludedName(path, dir)
			if no {
				mu.Lock()
				out = append(out, found{path, dir})
				mu.Unlock()
			}
			return no
		},
	}, func([]change.Change) error { return nil })
	return out, err
}

// spell adds rules for what only this program can decide: paths that a regular
// expression excludes are named one by one, those of the source from a walk,
// those that only the target has from a dry run of the deletions.
func (s *sender) spell(ctx context.Context, j *job, root *os.File, spec rsync.Job) (rsync.Job, error) {
	var rules []string
	for _, it := range j.items {
		if it.Scope == change.Entry {
			continue
		}
		excluded, err := s.ground.excludedUnder(ctx, root, it.Path)
		if err != nil {
			return spec, err
		}
		for _, e := range excluded {
			rules = append(rules, "--filter=- "+filter.Literal(e.path, e.dir))
		}
	}
	spec.Filters = append(rules, spec.Filters...)
	if !spec.Delete {
		return spec, nil
	}
	dry := spec
	dry.DryRun, dry.MaxDelete = true, -1
	var kept []string
	dry.OnItem = func(it rsync.Item) {
		if it.Deleted && s.ground.filter.Protected(it.Path, it.Dir) {
			kept = append(kept, "--filter=P "+filter.Literal(it.Path, it.Dir))
		}
	}
	if r := s.runner.Run(ctx, s.to, dry); r.Class != rsync.Done && r.Class != rsync.Partial {
		return spec, errDry{r}
	}
	spec.Filters = append(kept, spec.Filters...)
	return spec, nil
}

// errDry is a dry run that failed as the real one would.
type errDry struct{ result rsync.Result }

func (e errDry) Error() string { return e.result.Reason }
