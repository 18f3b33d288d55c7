package filter

import "math/bits"

// wild is a wildcard pattern as a machine that reads a path once, whatever the
// pattern: rsync's own matcher tries again after every star.
//
// State i means that the first i elements (a byte, "?" or a class) have matched.
// A star before element i lets state i stay where it is. The set of states is a
// row of bits, 64 to a word.
type wild struct {
	words []word
	final int  // the state in which all elements have matched
	last  set  // what the last element matches
	open  bool // a star follows the last element
}

// word is 64 states of a wild.
type word struct {
	accept [256]uint64 // states whose next element is satisfied by the byte
	star   uint64      // states that stay for any byte but a slash
	stars  uint64      // states that stay for any byte
}

// maxWords holds the states of the longest pattern, the final one included.
const maxWords = (maxPattern + 1 + 63) / 64

// layout says what surrounds the text a wild is compared with.
type layout struct {
	before   bool // a slash is put before it
	anywhere bool // the pattern may start after any slash
	after    bool // a slash is put after it
}

// compileWild returns nil for a pattern that can never match: one with an
// unfinished or unknown class, or that ends in a backslash.
func compileWild(text string) *wild {
	w := &wild{words: make([]word, 1)}
	for i := 0; i < len(text); {
		switch text[i] {
		case '*':
			i = w.addStar(text, i)
		case '?':
			w.add(set{}.invert())
			i++
		case '[':
			class, n := parseClass(text[i:])
			if n == 0 {
				return nil
			}
			w.add(class)
			i += n
		default:
			if text[i] == '\\' {
				i++
			}
			if i == len(text) {
				return nil
			}
			w.add(only(text[i]))
			i++
		}
	}
	return w
}

// addStar adds the run of stars at i and returns where it ends. More than two
// are as two.
func (w *wild) addStar(text string, i int) int {
	end := i
	for end < len(text) && text[end] == '*' {
		end++
	}
	at, bit := &w.words[w.final/64], uint64(1)<<(w.final%64)
	if end-i == 1 {
		at.star |= bit
	} else {
		at.stars |= bit
	}
	w.open = end == len(text)
	return end
}

// add adds an element that matches one byte.
func (w *wild) add(s set) {
	at, bit := &w.words[w.final/64], uint64(1)<<(w.final%64)
	for c := range at.accept {
		if s.has(byte(c)) {
			at.accept[c] |= bit
		}
	}
	w.last = s
	w.final++
	if w.final/64 == len(w.words) {
		w.words = append(w.words, word{})
	}
}

// match reports whether the pattern matches all of text as it is laid out.
func (w *wild) match(text string, l layout) bool {
	switch {
	case text != "" && !l.after && !w.endsIn(text[len(text)-1]):
		return false // most names end here
	case len(w.words) == 1:
		return w.matchShort(text, l)
	}
	return w.matchLong(text, l)
}

func (w *wild) endsIn(c byte) bool { return w.open || w.last.has(c) }

func (w *wild) matchShort(text string, l layout) bool {
	at, states := &w.words[0], uint64(1)
	if l.before {
		states = at.step(states, '/')
	}
	for i := 0; i < len(text); i++ {
		states = at.step(states, text[i])
		if l.anywhere && text[i] == '/' {
			states |= 1
		} else if states == 0 && !l.anywhere {
			return false
		}
	}
	if l.after {
		states = at.step(states, '/')
	}
	return states>>w.final&1 != 0
}

// step returns the states that follow when c is read. A state in the highest bit
// that moves on is lost here; matchLong carries it.
func (at *word) step(states uint64, c byte) uint64 {
	next := states&at.accept[c]<<1 | states&at.stars
	if c != '/' {
		next |= states & at.star
	}
	return next
}

func (w *wild) matchLong(text string, l layout) bool {
	var room [maxWords]uint64
	states := room[:len(w.words)]
	states[0] = 1
	if l.before {
		w.stepAll(states, '/')
	}
	for i := 0; i < len(text); i++ {
		alive := w.stepAll(states, text[i])
		if l.anywhere && text[i] == '/' {
			states[0] |= 1
		} else if !alive && !l.anywhere {
			return false
		}
	}
	if l.after {
		w.stepAll(states, '/')
	}
	return states[w.final/64]>>(w.final%64)&1 != 0
}

// stepAll replaces states by those that follow when c is read, and reports
// whether there are any.
func (w *wild) stepAll(states []uint64, c byte) bool {
	var carry, alive uint64
	for i := range states {
		at := &w.words[i]
		moved := bits.RotateLeft64(states[i]&at.accept[c], 1)
		states[i] = at.step(states[i], c) | carry
		carry = moved & 1
		alive |= states[i]
	}
	return alive != 0
}
