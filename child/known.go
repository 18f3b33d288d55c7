package child

import (
	"time"
)

// born starts p from a thread and remembers that it is ours.
func (s *Starter) born(p *Process, t *thread) error {
	if err := t.start(p.cmd); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known[p.Pid()] = true
	return nil
}

func (s *Starter) forget(p *Process) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.known, p.Pid())
}

func (s *Starter) ours(pid int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.known[pid]
}

// tableAge is how old the process table may be for counting memory.
const tableAge = 900 * time.Millisecond

// processes returns the process table, which is shared and must not be changed.
func (s *Starter) processes() map[int]entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	if time.Since(s.seen) > tableAge {
		all, err := table()
		if err != nil {
			return nil
		}
		s.all, s.seen = all, time.Now()
	}
	return s.all
}
