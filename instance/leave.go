package instance

import (
	"context"
	"sync"

	"github.com/syncsvc/syncsvc/change"
	"github.com/syncsvc/syncsvc/control"
)

// leave is a target's permit to be compared as a whole. It is asked for when
// that is owed and could begin, and given back when it is not owed any more, or
// the target can't take it: others may want it.
type leave struct {
	withdraw context.CancelFunc // while it is asked for
	permit   *permit            // once it is there
}

// lacksLeave reports whether the comparison of everything may not begin; the
// caller holds mu.
func (t *target) lacksLeave() bool {
	return t.leave.permit == nil && t.permits.limited(control.PermitFullSync)
}

// seeToLeave asks for leave, or gives it back.
func (t *target) seeToLeave(ctx context.Context, senders *sync.WaitGroup) {
	if !t.permits.limited(control.PermitFullSync) {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	flying := t.ledger.wholeFlies()
	could := t.ledger.bulk.Holds(change.Root) && !t.paused && !t.circuit.open() && t.ground.firm()
	switch {
	case flying:
	case !could:
		t.endLeave()
	case t.leave.permit == nil && t.leave.withdraw == nil:
		asking, withdraw := context.WithCancel(ctx)
		t.leave.withdraw = withdraw
		senders.Go(func() { t.askLeave(asking) })
	}
}

func (t *target) askLeave(ctx context.Context) {
	defer t.nudge()
	p, err := t.permits.take(ctx, control.PermitFullSync)
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case err != nil:
	case ctx.Err() != nil: // it came too late
		p.giveBack()
	default:
		t.leave.permit = &p
	}
	t.leave.withdraw()
	t.leave.withdraw = nil
}

// endLeave gives back what there is, or withdraws the wish; the caller holds
// mu.
func (t *target) endLeave() {
	if t.leave.withdraw != nil {
		t.leave.withdraw()
	}
	if t.leave.permit != nil {
		t.leave.permit.giveBack()
		t.leave.permit = nil
	}
}

// returnLeave gives back what the loop leaves behind.
func (t *target) returnLeave() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.endLeave()
}

// turnWaited says for what others have before this target has to wait; "" when
// for nothing. The caller holds mu.
func (t *target) turnWaited() string {
	if t.leave.withdraw != nil {
		return t.permits.why(control.PermitFullSync)
	}
	for _, f := range t.flights {
		if f.meter.queued.Load() && t.permits.limited(control.PermitRsync) {
			return t.permits.why(control.PermitRsync)
		}
	}
	return ""
}
