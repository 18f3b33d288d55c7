package instance

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/syncsvc/syncsvc/config"
	"github.com/syncsvc/syncsvc/control"
	"github.com/syncsvc/syncsvc/filter"
	"github.com/syncsvc/syncsvc/rsync"
)

// courierTo carries jobs to t as its settings are when a job begins.
type courierTo struct {
	in *instance
	t  *target
}

func (c *courierTo) sender() *sender { return newSender(*c.t.settings(), c.in, c.t) }

func (c *courierTo) carry(ctx context.Context, j *job, m *meter) outcome {
	return c.sender().carry(ctx, j, m)
}

func (c *courierTo) probe(ctx context.Context) error { return c.sender().probe(ctx) }

func (c *courierTo) awayHint() string { return c.sender().awayHint() }

func (c *courierTo) contested() bool { return c.in.threads.contested() }

// sender carries one job to one target by running rsync.
type sender struct {
	to      rsync.Target
	deletes bool
	limit   config.Limit
	ground  *ground
	runner  *rsync.Runner
	slots   *slots
	t       *target
	// passes are the rules of full compares and full syncs alone.
	passes []string
}

func newSender(ct config.Target, in *instance, t *target) *sender {
	return &sender{
		to: rsyncTarget(ct), deletes: ct.Delete, limit: ct.MaxDelete,
		ground: in.ground, runner: in.runner, slots: in.threads, t: t, passes: passes(in.module()),
	}
}

// passes returns the rules for what full compares leave as it is. That they are
// rules was found out when the module was loaded.
func passes(m *config.Module) []string {
	var rules []filter.Rule
	for _, pattern := range m.CompareExclude {
		rules = append(rules, filter.Rule{Text: pattern, Kind: filter.Exclude})
	}
	f, err := filter.Parse(rules, nil)
	if err != nil {
		return nil
	}
	return f.Args()
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
	m.queued.Store(true)
	turn, err := s.t.permits.take(ctx, control.PermitRsync)
	m.queued.Store(false)
	if err != nil {
		return outcome{verdict: undone}
	}
	defer turn.giveBack()
	s = s.slower(turn.rate)
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
	if j.shape == tree && s.t.isFollowed(j) {
		spec.FullList = true // to know how far it is
		s.t.willExamine(j, s.ground.sum(ctx, j))
	}
	base := spec.Base
	others := turnedOf(j)
	spec.OnItem = func(it rsync.Item) {
		m.item(base, it, j.shape == tree)
		others.note(base, it)
	}
	if s.ground.filter.HasRegex() && j.shape != rename {
		if spec, err = s.spell(ctx, j, root, spec); err != nil {
			return s.failedDry(ctx, j, spec, err)
		}
	}
	o := s.run(ctx, j, m, root, spec)
	o.turned = others.all(s.ground)
	return o
}

func (s *sender) run(ctx context.Context, j *job, m *meter, root *os.File, spec rsync.Job) outcome {
	if spec.Delete && s.guards(j) {
		return s.guarded(ctx, j, spec)
	}
	way, ok := s.pave(ctx, j, root, spec.Base)
	if !ok {
		return way
	}
	o := s.verdict(j, spec, s.runner.Run(ctx, s.to, spec))
	o.cut = o.verdict == undone && m.progress.Bytes() > 0
	return merge(way, o)
}

// slower is the sender with at most so many bytes a second; 0 is no limit.
func (s *sender) slower(rate int64) *sender {
	if rate <= 0 || s.to.BWLimit > 0 && s.to.BWLimit <= rate {
		return s
	}
	limited := *s
	limited.to.BWLimit = rate
	return &limited
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
