package instance

import (
	"context"
	"path/filepath"
	"sync"
	"time"

	"github.com/syncsvc/syncsvc/config"
	"github.com/syncsvc/syncsvc/control"
	"github.com/syncsvc/syncsvc/hook"
)

// flushPatience is for how long a checkpoint waits for the disk of the hooks'
// journals.
const flushPatience = 5 * time.Second

// hooksPatience is for how long hooks may go on when everything else has
// stopped; what they are at is done again after the next start.
const hooksPatience = 2 * time.Second

// messenger tells the hooks what the targets have. A nil messenger is that of a
// module without hooks.
type messenger struct {
	hooks   *hook.Hooks
	targets func() []*target
	all     bool // some hook waits for all targets

	// mu is held while a job is settled and its paths are told of, so that two
	// targets with the same path do not both take themselves for the last, and no
	// checkpoint passes what is about to be told. Taken before that of a target;
	// not needed unless all.
	mu      sync.Mutex
	awaited awaited
}

func newMessenger(o Options, home string, targets func() []*target) (*messenger, error) {
	m := o.Module
	if len(m.Hooks) == 0 {
		return nil, nil
	}
	ms := &messenger{targets: targets}
	specs := make([]hook.Spec, len(m.Hooks))
	for i, h := range m.Hooks {
		specs[i] = hookSpec(h)
		specs[i].AfterAll = h.AfterAll && len(m.Targets) > 0
		ms.all = ms.all || specs[i].AfterAll
	}
	hooks, err := hook.New(hook.Options{
		Module: m.Name, Root: m.Watch, Dir: filepath.Join(home, "hooks"), Hooks: specs, Log: o.Log,
		Drain: min(o.Drain, hooksPatience),
	})
	if err != nil {
		return nil, err
	}
	ms.hooks = hooks
	return ms, nil
}

func hookSpec(h config.Hook) hook.Spec {
	return hook.Spec{
		Name: h.Name, Kind: string(h.Kind), Events: hook.Events(h.Events), Folders: h.Folders,
		Include: h.Include, Exclude: h.Exclude, IncludeRegex: h.IncludeRegex,
		Concurrency: h.Concurrency, Timeout: h.Timeout, GiveUp: h.GiveUp, Batch: h.Batch, Every: h.Every, Queue: h.Queue,
		Command: hook.Command(h.Command), HTTP: hook.HTTP(h.HTTP), Socket: hook.Socket(h.Socket),
		CDN: hook.CDN(h.CDN), Mail: hook.Mail(h.Mail),
	}
}

// run tells until ctx ends, which has to be after the last job has landed.
func (ms *messenger) run(ctx context.Context) {
	if ms == nil {
		return
	}
	var both sync.WaitGroup
	both.Go(func() { ms.hooks.Run(ctx) })
	if ms.all {
		both.Go(func() { ms.keepLooking(ctx) })
	}
	both.Wait()
}

// hold keeps jobs from being settled while it matters for the hooks.
func (ms *messenger) hold() (letGo func()) {
	if ms == nil || !ms.all {
		return func() {}
	}
	ms.mu.Lock()
	return ms.mu.Unlock
}

// landed tells of a job that t has settled. The caller holds the messenger and
// t.mu.
func (ms *messenger) landed(t *target, j *job, o outcome, h *heard) {
	if ms == nil {
		return
	}
	ms.tell(t, h.land(j, o, time.Now()))
}

// early tells of what a job that goes on has brought some time ago.
func (ms *messenger) early(t *target, events []hook.Event) {
	defer ms.hold()()
	ms.tell(t, events)
	if ms.all {
		ms.look(t)
	}
}

func (ms *messenger) tell(t *target, events []hook.Event) {
	if len(events) == 0 {
		return
	}
	for i := range events {
		events[i].Target = t.told
	}
	ms.hooks.Arrived(events)
	if ms.all {
		ms.awaited.add(t, events)
	}
}

// settled tells of what all targets have now that t has more of it. The caller
// holds the messenger, but no target.
func (ms *messenger) settled(t *target) {
	if ms != nil && ms.all {
		ms.look(t)
	}
}

// flush makes sure that what the hooks were told outlives the process: only
// then may a checkpoint pass it.
func (ms *messenger) flush() error {
	if ms == nil {
		return nil
	}
	return ms.hooks.Flush(flushPatience)
}

func (ms *messenger) status() []control.HookStatus {
	if ms == nil {
		return nil
	}
	return ms.hooks.Status()
}
