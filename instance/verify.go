package instance

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/syncsvc/syncsvc/change"
	"github.com/syncsvc/syncsvc/control"
	"github.com/syncsvc/syncsvc/rsync"
)

const (
	// maxDifferences bounds what a verification lists and what it repairs one by
	// one.
	maxDifferences = 10_000
	// seenPatience is how long a verification waits for the watcher to have seen
	// what it saw.
	seenPatience = 5 * time.Second
)

// verification compares targets with the source and changes nothing.
type verification struct {
	in      *instance
	req     control.VerifyRequest
	under   string
	sample  []string // files, with a sample
	started time.Time
	slots   *slots // its own: a comparison of hours must not keep changes from being sent

	mu     sync.Mutex // guards what is below
	answer control.VerifyAnswer
	beyond map[*target]int64 // differences that are not listed
}

func (in *instance) handleVerify(r *http.Request) (any, error) {
	var req control.VerifyRequest
	if err := control.Decode(r, &req); err != nil {
		return nil, err
	}
	if req.Sample < 0 || req.Sample > 100 {
		return nil, &control.Failed{Status: http.StatusBadRequest, Err: fmt.Errorf("a sample of %g percent makes no sense", req.Sample)}
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
	if !in.ground.firm() {
		return nil, &control.Failed{
			Status: http.StatusConflict, Err: errors.New("there is nothing to compare with: " + in.source.status().reason),
			Hint: in.source.status().hint,
		}
	}
	v := &verification{in: in, req: req, under: under, started: time.Now(), slots: newSlots(in.module().Threads), beyond: make(map[*target]int64)}
	return v.run(r.Context(), targets)
}

func (v *verification) run(ctx context.Context, targets []*target) (any, error) {
	if v.req.Sample > 0 {
		var err error
		if v.sample, err = v.in.ground.sample(ctx, v.under, v.req.Sample/100); err != nil {
			return nil, fmt.Errorf("choose a sample: %w", err)
		}
	}
	v.answer.Differences = []control.Difference{}
	var each sync.WaitGroup
	for _, t := range targets {
		each.Go(func() {
			if err := v.compare(ctx, t); err != nil {
				v.fail(t, err)
			}
		})
	}
	each.Wait()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	v.judge(ctx, targets)
	if v.req.Repair {
		v.repair(targets)
	}
	v.answer.Took = time.Since(v.started).Seconds()
	return v.answer, nil
}

func (v *verification) fail(t *target, err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.answer.Errors = append(v.answer.Errors, t.name+": "+err.Error())
}

// compare has rsync tell what it would do to t. It takes its turn among all modules like any job.
func (v *verification) compare(ctx context.Context, t *target) error {
	if err := v.slots.take(ctx); err != nil {
		return err
	}
	defer v.slots.giveBack()
	turn, err := v.in.lifeline.permits.take(ctx, control.PermitRsync)
	if err != nil {
		return err
	}
	defer turn.giveBack()
	s := newSender(*t.settings(), v.in, t).slower(turn.rate)
	if err := s.homeless(); err != nil {
		return err
	}
	for _, j := range v.jobs() {
		if err := v.rehearse(ctx, s, j); err != nil {
			return err
		}
	}
	return nil
}

// jobs are what rsync has to look at.
func (v *verification) jobs() []*job {
	if v.req.Sample > 0 {
		var jobs []*job
		for rest := v.sample; len(rest) > 0; {
			n := min(len(rest), maxJob)
			var cs []change.Change
			for _, p := range rest[:n] {
				cs = append(cs, change.Change{Path: p, Quick: true})
			}
			jobs, rest = append(jobs, v.in.planned(newJob(flat, bulk, cs))), rest[n:]
		}
		return jobs
	}
	j := v.in.planned(newJob(tree, bulk, []change.Change{compareAll(v.under)}))
	if it := j.items[0]; it.seen.kind != folder && it.Path != change.Root {
		j = v.in.planned(newJob(flat, bulk, []change.Change{entryOf(it.Change)}))
	}
	return []*job{j}
}

// planned is j with what is on disk at its paths.
func (in *instance) planned(j *job) *job {
	for i, seen := range in.ground.look(j.items, func() {}) {
		j.items[i].seen = seen
	}
	return j
}

// rehearse runs one job without changing anything.
func (v *verification) rehearse(ctx context.Context, s *sender, j *job) error {
	root, err := s.ground.pin()
	if err != nil {
		return err
	}
	defer root.Close()
	spec, err := s.spec(ctx, j, root)
	if err != nil {
		return err
	}
	lost, _, _ := s.ground.inner.look(root)
	spec.Filters = append(protect(lost), spec.Filters...)
	spec.DryRun, spec.FullList, spec.Brief = true, true, false
	spec.Checksum, spec.IgnoreTimes = v.req.Checksum, false
	if s.ground.filter.HasRegex() {
		if spec, err = s.spell(ctx, j, root, spec); err != nil {
			return err
		}
	}
	spec.OnItem = func(it rsync.Item) { v.note(s.t, it) }
	result := s.runner.Run(ctx, s.to, spec)
	for _, f := range result.Failed {
		v.fail(s.t, fmt.Errorf("%q could not be compared: %s", f.Path, f.Reason))
	}
	if !result.Class.Named() {
		return errors.New(result.Reason)
	}
	return nil
}

// note counts an entry that was compared and lists it when it differs.
func (v *verification) note(t *target, it rsync.Item) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if !it.Deleted && !it.Dir {
		v.answer.Compared++
	}
	what := inWords(it)
	switch {
	case what == "":
	case len(v.answer.Differences) == maxDifferences:
		v.beyond[t]++
	default:
		v.answer.Differences = append(v.answer.Differences, control.Difference{
			Target: t.name, Path: control.Path(it.Path), What: what,
		})
	}
}
