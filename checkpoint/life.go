package checkpoint

import "time"

// Life says how a process that keeps checkpoints began and ended.
//
// A power cut takes back what the file system of the source had not written yet:
// a file that was deleted seconds before is there again, with the times it
// always had, and no scan finds it (seen with ext4, which writes every 5 s
// unless told otherwise). What was sent before one is not to be relied on.
type Life struct {
	Began Clock `json:"began"`
	Ended bool  `json:"ended"` // in order, and so the machine may have, too
	// Cut is when a life began that followed a power cut, the latest there was;
	// the zero time when there was none.
	Cut time.Time `json:"cut"`
}

// Next returns the life that begins now after l, which is the zero Life for the
// first one.
func (l Life) Next(now Clock) Life {
	next := Life{Began: now, Cut: l.Cut}
	cut := !l.Ended && !l.Began.Wall.IsZero() && now.otherKernel(l.Began)
	if cut || next.Cut.After(now.Wall) { // the clock was ahead then
		next.Cut = now.Wall
	}
	return next
}

// Doubts reports whether m was made before a power cut.
func (l Life) Doubts(m Mark) bool { return m.Clock.Wall.Before(l.Cut) }

// maxCorrection is by how much a clock may have been set while a container was
// restarted, and the machine is taken for the same.
const maxCorrection = time.Minute

// otherKernel reports whether c is of another start of the machine than earlier,
// or of another machine, where what runs here went when the first one failed. A
// container that was restarted is no matter: its files are in its host's memory.
func (c Clock) otherKernel(earlier Clock) bool {
	return c.BootID != earlier.BootID && (c.Boot < earlier.Boot || c.started().After(earlier.Wall) ||
		c.started().Sub(earlier.started()).Abs() > maxCorrection)
}
