package watch

import (
	"time"

	"github.com/syncsvc/syncsvc/change"
)

// blind is the source that hears of nothing: the whole tree is polled.
type blind struct{}

// newBlind polls the tree, everything in it being known at since.
func newBlind(s *site, since time.Time) blind {
	s.polls.add(change.Root, false, since)
	return blind{}
}

func (blind) backend() Backend                    { return Poll }
func (blind) fd() int                             { return -1 }
func (blind) read(time.Time) (int, bool, error)   { return 0, true, nil }
func (blind) tend(time.Time, bool)                {}
func (blind) next() time.Time                     { return time.Time{} }
func (blind) oldest() time.Time                   { return time.Time{} }
func (blind) retry([]string)                      {}
func (blind) mounted(change.Change)               {}
func (blind) unmounted(string)                    {}
func (blind) doubtful() bool                      { return false }
func (blind) parting() (reason Reason, dead bool) { return Removed, false }
func (blind) finish()                             {}
func (blind) report(*Status)                      {}
func (blind) close() error                        { return nil }
