package child

import "strconv"

// Errand marks a process that somebody else is about to start: the variable has
// to be in its environment, and all that it starts inherit it. What end then
// kills are those who carry the mark, also in sessions of their own; it returns
// when they are gone, and must not be called after Close.
func (s *Starter) Errand(name string) (variable string, end func()) {
	// Not of the family: what goes well may leave something in the background.
	mark := s.family + "." + name + "." + strconv.FormatUint(s.errands.Add(1), 10)
	return MarkEnv + "=" + mark, func() { s.orphans.end(exactly(mark)) }
}
