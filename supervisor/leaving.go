package supervisor

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/syncsvc/syncsvc/control"
)

// partPatience is how long a reload waits for the process of a module that was
// removed, beyond the drain deadline. One that waits for a disk does not even
// hear SIGKILL, and the other modules cannot wait for that.
const partPatience = 10 * time.Second

// departure is a module that was removed, while its process lives.
type departure struct {
	member *member
	ended  <-chan struct{} // closed when the process is gone
	late   bool            // for longer than is usual; guarded by the fleet's mu
}

// remove ends a module in good order and forgets it. It waits for the end of
// its process as long as is usual.
func (f *fleet) remove(name string) {
	m, d := f.part(name)
	if d == nil {
		return
	}
	late := time.NewTimer(m.keeper.Drain + partPatience)
	defer late.Stop()
	select {
	case <-m.ended:
		f.left(name, m.ended)
	case <-late.C:
		f.mu.Lock()
		d.late = true
		f.mu.Unlock()
		f.log.Error("module is removed, but its process does not end", "module", name, "pid", m.keeper.status().Pid)
	}
}

// part makes a module no member any more and tells its process to end. The
// departure is nil when there is nothing to wait for.
func (f *fleet) part(name string) (*member, *departure) {
	f.mu.Lock()
	defer f.mu.Unlock()
	m, ok := f.members[name]
	if !ok {
		return nil, nil
	}
	delete(f.members, name)
	m.gone = true
	if m.end != nil {
		m.end()
	}
	if m.ended == nil {
		return m, nil
	}
	d := &departure{member: m, ended: m.ended}
	if f.leaving[name] == nil { // else it waits for that itself
		if f.leaving == nil {
			f.leaving = map[string]*departure{}
		}
		f.leaving[name] = d
	}
	return m, d
}

// awaitLeaving waits until no process is left of a module of that name that
// was removed before: two would be in each other's way. It reports false when
// ctx has ended.
func (f *fleet) awaitLeaving(ctx context.Context, m *member) bool {
	f.mu.Lock()
	before := f.leaving[m.name]
	f.mu.Unlock()
	if before == nil {
		return true
	}
	m.keeper.set(func(s *keeperStatus) { s.Reason = "waits for the end of its process before" })
	select {
	case <-before.ended:
	case <-ctx.Done():
		return false
	}
	f.left(m.name, before.ended)
	return true
}

// left forgets a process that is gone.
func (f *fleet) left(name string, ended <-chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if d := f.leaving[name]; d != nil && d.ended == ended {
		delete(f.leaving, name)
	}
}

// overdue are the modules that were removed and whose processes should have
// ended long ago. One that has come again says itself what it waits for.
func (f *fleet) overdue(now time.Time) []control.Module {
	var list []control.Module
	for _, m := range f.stragglers() {
		out := f.facts(m).describe(now)
		out.Wanted, out.WantedWhy, out.State = control.WantedDown, "it was removed", control.Degraded
		out.Reason = "was removed, but " + cmp.Or(m.keeper.status().Reason, "its process does not end")
		out.Hint = fmt.Sprintf("see what it waits for: cat /proc/%d/stack; if a disk never answers, only a restart of the machine ends it", out.Pid)
		list = append(list, out)
	}
	return list
}

// stragglers are the members that overdue tells of. Who has ended by now is
// forgotten.
func (f *fleet) stragglers() []*member {
	f.mu.Lock()
	defer f.mu.Unlock()
	var list []*member
	for _, name := range slices.Sorted(maps.Keys(f.leaving)) {
		d := f.leaving[name]
		select {
		case <-d.ended:
			delete(f.leaving, name)
			continue
		default:
		}
		if d.late && f.members[name] == nil {
			list = append(list, d.member)
		}
	}
	return list
}
