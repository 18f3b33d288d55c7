package watch

import (
	"container/list"
	"time"

	"github.com/syncsvc/syncsvc/change"
)

const (
	// createWait is how long at most a created file may take to be closed. Hard
	// links and files linked by linkat never are.
	createWait = 2 * time.Second
	// mostSettling bounds what may wait at once; beyond it the oldest does not
	// wait any longer. Measured need is two seconds of file creation.
	mostSettling = 1 << 14
)

// unsettled is a file that somebody is still writing to.
type unsettled struct {
	path        string
	born        bool // created, and not told of yet
	touched     bool // written to
	first, last time.Time
}

// settle holds back files that were created or modified and not closed, until
// they have been quiet for a while. It knows no clock: time is passed in.
type settle struct {
	quiet, atMost time.Duration

	order *list.List // of *unsettled, by first
	files map[string]*list.Element
}

func newSettle(quiet, atMost time.Duration) *settle {
	return &settle{quiet: quiet, atMost: atMost, order: list.New(), files: map[string]*list.Element{}}
}

// created starts the wait for a new file's close.
func (s *settle) created(path string, at time.Time) {
	if _, ok := s.files[path]; !ok {
		s.files[path] = s.order.PushBack(&unsettled{path: path, born: true, first: at, last: at})
	}
}

// modified starts, or prolongs, the wait for a file to fall quiet.
func (s *settle) modified(path string, at time.Time) {
	e, ok := s.files[path]
	if !ok {
		s.files[path] = s.order.PushBack(&unsettled{path: path, touched: true, first: at, last: at})
		return
	}
	u := e.Value.(*unsettled)
	u.touched, u.last = true, at
}

// drop ends a file's wait and returns what was known of it, nil when it was
// not waiting.
func (s *settle) drop(path string) *unsettled {
	e, ok := s.files[path]
	if !ok {
		return nil
	}
	delete(s.files, path)
	if len(s.files) == 0 {
		s.files = map[string]*list.Element{} // a Go map never shrinks
	}
	return s.order.Remove(e).(*unsettled)
}

// rename moves what waits in a folder along with it: nobody else says later that
// a file was written to that is still open.
func (s *settle) rename(from, to string) {
	var moved []*list.Element
	for path, e := range s.files {
		if change.Within(path, from) {
			moved = append(moved, e)
			delete(s.files, path)
		}
	}
	for _, e := range moved {
		u := e.Value.(*unsettled)
		u.path = change.Rebase(u.path, from, to)
		s.drop(u.path)
		s.files[u.path] = e
	}
}

// waiting returns what is known of a file that waits, or nil.
func (s *settle) waiting(path string) *unsettled {
	if e, ok := s.files[path]; ok {
		return e.Value.(*unsettled)
	}
	return nil
}

// due removes and returns the files whose wait is over, oldest first.
func (s *settle) due(now time.Time) []unsettled {
	var out []unsettled
	for e := s.order.Front(); e != nil; {
		u, next := e.Value.(*unsettled), e.Next()
		if s.order.Len() <= mostSettling && u.first.Add(s.shortest()).After(now) {
			break // the ones behind it began later still
		}
		if s.order.Len() > mostSettling || !s.deadline(u).After(now) {
			out = append(out, *s.drop(u.path))
		}
		e = next
	}
	return out
}

// next returns when due will have something; zero when nothing waits.
func (s *settle) next() time.Time {
	var soonest time.Time
	for e := s.order.Front(); e != nil; e = e.Next() {
		u := e.Value.(*unsettled)
		if !soonest.IsZero() && !u.first.Add(s.shortest()).Before(soonest) {
			break
		}
		soonest = earlier(soonest, s.deadline(u))
	}
	return soonest
}

// oldest returns when the longest wait began; zero when nothing waits.
func (s *settle) oldest() time.Time {
	if e := s.order.Front(); e != nil {
		return e.Value.(*unsettled).first
	}
	return time.Time{}
}

func (s *settle) shortest() time.Duration { return min(s.quiet, s.atMost, createWait) }

func (s *settle) deadline(u *unsettled) time.Time {
	if !u.touched {
		return u.first.Add(min(createWait, s.quiet))
	}
	return earlier(u.last.Add(s.quiet), u.first.Add(s.atMost))
}

// earlier returns the earlier of two moments, zero meaning none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || (!b.IsZero() && b.Before(a)) {
		return b
	}
	return a
}
