package instance

import (
	"cmp"
	"context"
	"errors"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/syncsvc/syncsvc/change"
	"github.com/syncsvc/syncsvc/config"
	"github.com/syncsvc/syncsvc/filter"
	"github.com/syncsvc/syncsvc/rsync"
)

// sender carries jobs to one target by running rsync.
type sender struct {
	to      rsync.Target
	deletes bool
	limit   config.Limit
	ground  *ground
	runner  *rsync.Runner
	slots   *slots
	t       *target
}

func newSender(ct config.Target, in *instance, t *target, threads *slots) *sender {
	return &sender{
		to: rsyncTarget(ct), deletes: ct.Delete, limit: ct.MaxDelete,
		ground: in.ground, runner: in.runner, slots: threads, t: t,
	}
}

func rsyncTarget(ct config.Target) rsync.Target {
	return rsync.Target{
		Kind: rsync.Kind(ct.Kind), User: ct.User, Host: ct.Host, Port: ct.Port, Module: ct.Module, Path: ct.Path,
		SSH:          rsync.Shell(ct.SSH),
		PasswordFile: ct.PasswordFile, Program: ct.Rsync.Program, Args: ct.Rsync.Args,
		Timeout: ct.Rsync.Timeout, ConnectTimeout: ct.Rsync.ConnectTimeout,
		BWLimit: ct.Rsync.BWLimit, Compress: ct.Rsync.Compress, PartialDir: ct.Rsync.PartialDir,
	}
}

func (s *sender) probe(ctx context.Context) error { return rsync.Probe(ctx, s.to) }

func (s *sender) contested() bool { return s.slots.contested() }

func (s *sender) awayHint() string {
	host := s.to.String()
	switch s.to.Kind {
	case rsync.Daemon:
		return "is the rsync daemon running there, and its port open? try: rsync " + host
	case rsync.SSH:
		return "is the host up, and the port of its ssh server open? try ssh by hand"
	}
	return "is its disk mounted?"
}

// carry pins the source, so that everything the job reads and everything it
// takes for deleted is of the folder that is watched.
func (s *sender) carry(ctx context.Context, j *job, m *meter) outcome {
	if err := s.slots.take(ctx); err != nil {
		return outcome{verdict: undone}
	}
	defer s.slots.giveBack()
	m.begin(time.Now())
	s.t.nudge() // to watch over it
	root, err := s.ground.pin()
	if err != nil {
		return outcome{verdict: undone, reason: err.Error()}
	}
	defer root.Close()
	lost, _, _ := s.ground.inner.look(root)
	if j.deletesNear(lost) {
		return outcome{verdict: undone} // it looked deleted a moment ago
	}
	if err := s.homeless(); err != nil {
		return outcome{
			verdict: undone, blame: true, trouble: refusing, reason: err.Error(),
			hint: "is its disk mounted? else make the folder by hand",
		}
	}
	spec, err := s.spec(ctx, j, root)
	if err != nil {
		return s.unprepared(ctx, j, err)
	}
	spec.Filters = append(protect(lost), spec.Filters...)
	spec.Progress = &m.progress
	if s.ground.filter.HasRegex() && j.shape != rename {
		if spec, err = s.spell(ctx, j, root, spec); err != nil {
			return s.failedDry(ctx, j, spec, err)
		}
	}
	if spec.Delete && s.guards(j) {
		return s.guarded(ctx, j, spec)
	}
	o := s.verdict(j, spec, s.runner.Run(ctx, s.to, spec))
	o.cut = o.verdict == undone && m.progress.Bytes() > 0
	return o
}

// homeless returns an error when a local target's folder is missing together
// with the one it lies in, as when a disk is not mounted. The folder alone is
// made, as on any other target; rsync would make its parents as well.
func (s *sender) homeless() error {
	if s.to.Kind != rsync.Local {
		return nil
	}
	if _, err := os.Stat(s.to.Path); !errors.Is(err, os.ErrNotExist) {
		return nil
	}
	_, err := os.Stat(filepath.Dir(s.to.Path))
	return err
}

// failedDry is the outcome when the preparation of a job failed.
func (s *sender) failedDry(ctx context.Context, j *job, spec rsync.Job, err error) outcome {
	var dry errDry
	if errors.As(err, &dry) {
		return s.verdict(j, spec, dry.result)
	}
	return s.unprepared(ctx, j, err)
}

// unprepared is the outcome when the source could not be read as it takes to
// plan the job. It is tried later rather than at once, unless the next look at
// the disk will plan something else.
func (s *sender) unprepared(ctx context.Context, j *job, err error) outcome {
	switch {
	case ctx.Err() != nil || !s.ground.firm():
		return outcome{verdict: undone}
	case j.shape == rename:
		return outcome{verdict: mistaken}
	}
	return outcome{verdict: undone, reason: err.Error(), blame: true, trouble: refusing}
}

// spec turns a job into what rsync is asked to do.
func (s *sender) spec(ctx context.Context, j *job, root *os.File) (rsync.Job, error) {
	spec := rsync.Job{
		Dir: procPath(int(root.Fd()), ""), Tree: j.shape == tree,
		IgnoreTimes: !j.trusted, Delete: s.deletes, MaxDelete: -1,
		Filters: s.filters(j), Brief: j.lane == fast,
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
			spec.Paths = append(spec.Paths, s.deletion(it.Path)...)
		default:
			spec.Paths = append(spec.Paths, it.Path)
		}
	}
	return spec, nil
}

// deletion is what to list so that a vanished name is deleted on the target, if
// the rules let it. Whether it was a folder nobody knows any more, and rsync
// asks its rules about a missing name as if it was none (measured, 3.5.0); where
// that makes a difference the listing of its folder finds out.
func (s *sender) deletion(p string) []string {
	asFile, asFolder := s.ground.filter.Protected(p, false), s.ground.filter.Protected(p, true)
	parent := change.Parent(p)
	switch {
	case asFile && asFolder:
		return nil
	case asFile == asFolder:
		return []string{p}
	case parent == change.Root:
		return []string{"./"}
	}
	return []string{parent + "/"}
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
// pass from removing the temporary file of a big upload.
func (s *sender) filters(j *job) []string {
	var out []string
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

// verdict says what rsync's result means for the job.
func (s *sender) verdict(j *job, spec rsync.Job, r rsync.Result) outcome {
	o := outcome{
		reason: r.Reason, hint: r.Hint, deletions: r.Deleted,
		sent: int64(r.Sent), bytesOut: r.BytesSent, bytesIn: r.BytesReceived,
	}
	for _, p := range r.NewDirs {
		o.folders = append(o.folders, under(spec.Base, p))
	}
	if r.NewRoot && j.shape == rename {
		o.folders = append(o.folders, spec.Base)
	}
	switch r.Class {
	case rsync.Done, rsync.Vanished, rsync.Partial, rsync.Limit:
		return s.answered(j, spec, r, o)
	case rsync.Killed:
		o.verdict, o.reason = undone, ""
	case rsync.Away:
		o.verdict, o.blame, o.trouble = undone, true, unreachable
		o.hint = cmp.Or(o.hint, s.awayHint())
	case rsync.Aborted:
		o.verdict = unexplained
	case rsync.Config:
		o.verdict, o.blame, o.trouble = undone, true, misconfigured
	case rsync.Source:
		if j.shape == rename { // it has been renamed again
			o.verdict, o.reason = mistaken, ""
			return o
		}
		fallthrough
	default:
		o.verdict, o.blame, o.trouble = undone, true, refusing
	}
	return o
}

// answered is the outcome of a run that came to its end.
func (s *sender) answered(j *job, spec rsync.Job, r rsync.Result, o outcome) outcome {
	if r.Class == rsync.Vanished || r.Class == rsync.Limit {
		o.reason, o.hint = "", ""
	}
	for _, f := range r.Failed {
		p := under(spec.Base, strings.TrimSuffix(f.Path, "/"))
		if f.Path == "" || !j.concerns(p) {
			o.verdict = unexplained
			return o
		}
		o.failed = append(o.failed, failedPath{
			path: p, reason: f.Reason, deep: strings.HasSuffix(f.Path, "/"), mixedUp: f.Kind == rsync.MixedUp,
		})
	}
	for _, p := range r.Vanished {
		o.vanished = append(o.vanished, under(spec.Base, p))
	}
	s.reconsider(j, &o)
	if j.shape == rename && slices.ContainsFunc(o.failed, func(f failedPath) bool { return f.path == j.items[0].Path }) {
		o.verdict, o.reason, o.hint = mistaken, "", "" // something else is there on the target
		return o
	}
	if nothingWent(j, o.failed) {
		o.verdict, o.blame, o.trouble = undone, true, refusing
		o.failed, o.hint = nil, "may syncsvc write there, and is the disk writable?"
	}
	return o
}

// reconsider moves from failed to vanished what failed because the source was
// changing under rsync's hands: it is to be looked at again, and at once.
func (s *sender) reconsider(j *job, o *outcome) {
	if len(o.failed) == 0 {
		return
	}
	planned := make(map[string]sight, len(j.items))
	for _, it := range j.items {
		planned[it.Path] = it.seen
	}
	var asked []item
	for _, f := range o.failed {
		asked = append(asked, item{Change: change.Change{Path: f.path}})
	}
	now := s.ground.look(asked)
	if now == nil {
		return // the root is gone
	}
	still := o.failed[:0]
	for i, f := range o.failed {
		was, mine := planned[f.path]
		changed := mine && (was.kind != now[i].kind || was.inWay != now[i].inWay) || !mine && (f.mixedUp && !f.deep || now[i].kind == gone)
		if !changed {
			still = append(still, f)
			continue
		}
		o.vanished = append(o.vanished, f.path)
	}
	if o.failed = still; len(still) == 0 {
		o.reason, o.hint = "", ""
	}
}

// under is p as seen from the watch root, when base is the job's own.
func under(base, p string) string {
	switch {
	case base == "" || base == change.Root:
		return p
	case p == change.Root:
		return base
	}
	return change.Join(base, p)
}
