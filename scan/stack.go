package scan

import "golang.org/x/sys/unix"

// maxOpen is the number of folders a worker keeps open on its way down. Deeper
// than that, it finishes reading the topmost and closes it.
const maxOpen = 32

// stack holds the folders from the one a job began with down to the current
// one, and owns their descriptors.
type stack struct {
	frames []frame
	open   int // frames with a descriptor
	first  int // no frame before this one has a descriptor; may be past the end
}

func (s *stack) depth() int { return len(s.frames) }

func (s *stack) top() *frame { return &s.frames[len(s.frames)-1] }

// add puts an open folder on the stack; pointers into it are then stale.
func (s *stack) add(f frame) {
	s.frames = append(s.frames, f)
	s.open++
}

// pop leaves the current folder and returns the one it lies in, if any.
func (s *stack) pop() *frame {
	s.shut(s.top())
	s.frames = s.frames[:len(s.frames)-1]
	if len(s.frames) == 0 {
		return nil
	}
	return s.top()
}

// drop closes everything; it is what a failed job leaves to do.
func (s *stack) drop() {
	for s.depth() > 0 {
		s.pop()
	}
}

// topmost returns the open folder that is nearest to the root.
func (s *stack) topmost() *frame {
	for s.frames[s.first].fd < 0 {
		s.first++
	}
	return &s.frames[s.first]
}

func (s *stack) shut(f *frame) {
	if f.fd >= 0 {
		unix.Close(f.fd)
		f.fd = -1
		s.open--
	}
}

// makeRoom closes folders near the root when too many are open: they are
// needed last, and not at all when nothing is left to do in them.
func (w *worker) makeRoom() error {
	for w.stack.open >= maxOpen {
		f := w.stack.topmost()
		for !f.done {
			if err := w.read(f); err != nil {
				return err
			}
		}
		w.stack.shut(f)
	}
	return nil
}

// reopen opens the current folder again if it was closed to make room. When
// that is not possible any more, what is left to do in it is given up.
func (w *worker) reopen(top *frame) (bool, error) {
	if top.fd >= 0 {
		return true, nil
	}
	path := w.name(top.path)
	fd, _, err := openBeneath(w.root, path)
	if err != nil {
		top.folders = nil
		return false, w.blocked(path, top.cover, err)
	}
	top.fd = fd
	w.stack.open++
	w.stack.first = w.stack.depth() - 1
	return true, nil
}
