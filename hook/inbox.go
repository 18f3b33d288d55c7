package hook

import (
	"errors"
	"sync"
)

// inbox holds what has arrived and is not in the journal yet. It is safe for
// concurrent use, and nobody waits to put something in.
type inbox struct {
	limit int

	mu       sync.Mutex // guards everything below
	events   []Event
	left     int64 // did not fit
	moving   int   // taken out and not counted elsewhere yet
	closed   bool
	asked    uint64        // how often somebody asked for what was there to be safe
	answered uint64        // how many of these have been answered
	err      error         // the last answer
	news     chan struct{} // closed and made anew with each answer
}

// put adds events; beyond the limit they are only counted.
func (b *inbox) put(events []Event) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.events)+len(events) > b.limit || b.left > 0 {
		b.left += int64(len(events))
		return
	}
	b.events = append(b.events, events...)
}

// open takes out what is there, how many events did not fit after it, and how
// often it was asked for until now.
func (b *inbox) open() (events []Event, left int64, asked uint64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	events, left = b.events, b.left
	b.events, b.left, b.moving = nil, 0, len(events)
	return events, left, b.asked
}

// moved notes that what was taken out is counted as waiting elsewhere.
func (b *inbox) moved() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.moving = 0
}

// keep puts back what could not be stored.
func (b *inbox) keep(events []Event) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.events = append(events, b.events...)
}

// pending reports whether some of those who asked have no answer.
func (b *inbox) pending(asked uint64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.answered < asked
}

// answer tells the first so many of those who asked what became of it.
func (b *inbox) answer(asked uint64, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if asked == b.answered {
		return
	}
	b.answered, b.err = asked, err
	close(b.news)
	b.news = make(chan struct{})
}

// shut answers everybody: nothing will be stored any more.
func (b *inbox) shut() {
	b.mu.Lock()
	b.closed = true
	asked := b.asked
	b.mu.Unlock()
	b.answer(asked, errNotRunning)
}

var (
	errNotRunning = errors.New("does not run")
	errLate       = errors.New("the journal takes too long to write")
)

// flush waits until everything that has arrived is safe.
func (l *line) flush(late <-chan struct{}) error {
	b := &l.inbox
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed && len(b.events) == 0 {
		return nil
	}
	if b.closed {
		return errNotRunning
	}
	b.asked++
	mine := b.asked
	l.nudge()
	for b.answered < mine {
		news := b.news
		b.mu.Unlock()
		var err error
		select {
		case <-news:
		case <-late:
			err = errLate
		}
		if b.mu.Lock(); err != nil {
			return err
		}
	}
	return b.err
}
