package instance

import (
	"context"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/syncsvc/syncsvc/change"
	"github.com/syncsvc/syncsvc/filter"
	"github.com/syncsvc/syncsvc/rsync"
)

// spec turns a job into what rsync is asked to do.
func (s *sender) spec(ctx context.Context, j *job, root *os.File) (rsync.Job, error) {
	spec := rsync.Job{
		Dir: procPath(int(root.Fd()), ""), Tree: j.shape == tree,
		IgnoreTimes: !j.trusted, Delete: s.deletes, MaxDelete: -1,
		Filters: s.filters(j), Brief: j.lane == fast, OnlyListed: s.t.onlyListed.Load(),
	}
	if j.shape == rename {
		return s.renameSpec(ctx, j, root, spec)
	}
	deleted := goneSet(j)
	for _, it := range j.items {
		switch {
		case it.Path == change.Root && it.Scope == change.Entry:
			spec.RootAttrs = true
		case it.Path == change.Root:
			spec.Paths = append(spec.Paths, "./")
		case it.Scope == change.Listing:
			spec.Paths = append(spec.Paths, it.Path+"/")
		case it.seen.kind == gone && deleted.HoldsAbove(it.Path):
			// its folder is deleted with everything in it
		case it.seen.kind == gone:
			spec.Paths = append(spec.Paths, s.deletion(root, it.Path)...)
		default:
			spec.Paths = append(spec.Paths, it.Path)
		}
	}
	spec.Paths = once(spec.Paths)
	return spec, nil
}

// goneSet holds the items that are to be deleted.
func goneSet(j *job) *change.Set {
	s := change.NewSet(0)
	for _, it := range j.items {
		if it.seen.kind == gone && it.Scope == change.Entry {
			s.Add(it.Change)
		}
	}
	return s
}

// filters are the module's rules. Before them stand those that keep a delete
// pass from removing the temporary file of a big upload, and, when everything
// is compared, those of what is left as it is then.
func (s *sender) filters(j *job) []string {
	var out []string
	if j.shape == tree && slices.ContainsFunc(j.items, func(it item) bool { return it.Path == change.Root }) {
		out = slices.Clone(s.passes)
	}
	for _, p := range j.spared {
		out = append(out, "--filter=- "+filter.Literal(p, false))
	}
	for _, p := range s.t.uploads(j) {
		out = append(out, "--filter=P "+tempPattern(p))
	}
	return append(out, s.ground.filter.Args()...)
}

// tempPattern matches the names rsync gives to a file while it receives it:
// .name.XXXXXX in the same folder.
func tempPattern(p string) string {
	dir, name := path.Split(p)
	return wild(filter.Literal(dir+"."+name+".", false)) + "??????"
}

// renameSpec lets the target use what it has under the old name.
func (s *sender) renameSpec(ctx context.Context, j *job, root *os.File, spec rsync.Job) (rsync.Job, error) {
	it := j.items[0]
	spec.Delete = false // what has to go is owed by itself
	if it.Scope == change.Entry && change.Parent(it.Path) == change.Parent(it.Was) {
		spec.Paths, spec.Fuzzy, spec.IgnoreTimes = []string{it.Path}, true, true
		return spec, nil
	}
	if it.Scope == change.Entry {
		spec.Base, spec.Paths, spec.IgnoreTimes = change.Parent(it.Path), []string{path.Base(it.Path)}, true
		spec.LinkDest = relative(spec.Base, change.Parent(it.Was))
		spec.Filters = nil
		return spec, nil
	}
	excluded, err := s.ground.excludedUnder(ctx, root, it.Path)
	if err != nil {
		return spec, err
	}
	spec.Filters = nil // rules are anchored at the watch root, this job is not
	for _, e := range excluded {
		rel := change.Rebase(e.path, it.Path, change.Root)
		spec.Filters = append(spec.Filters, "--filter=- "+filter.Literal(strings.TrimPrefix(rel, "./"), e.dir))
	}
	spec.Tree, spec.IgnoreTimes = true, false
	spec.Base, spec.Paths = it.Path, []string{"./"}
	spec.LinkDest = relative(it.Path, it.Was)
	return spec, nil
}

// relative is the way from folder from to folder to.
func relative(from, to string) string {
	up := 0
	if from != change.Root {
		up = strings.Count(from, "/") + 1
	}
	return path.Join(strings.Repeat("../", up), to)
}
