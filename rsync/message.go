package rsync

import (
	"regexp"
	"strconv"
	"strings"
	"syscall"
)

// meaning says what a line of rsync's means for the job.
type meaning uint8

const (
	// chatter means nothing for the job.
	chatter meaning = iota
	// foreign is not rsync's: ssh, login scripts. It only matters when rsync did
	// not get through.
	foreign
	// trouble is an error that names no path.
	trouble
	// trailer is rsync's last line; the exit code says the same.
	trailer
	// failure names a path that did not get there.
	failure
	// vanished names a path that was gone when rsync came to read it.
	vanished
	// kept names a folder that was to be deleted but is not empty.
	kept
	// ignored names a special file that the target does not make.
	ignored
	// undeleted says that deletions were left out because of a read error.
	undeleted
	// limited says how many deletions --max-delete held back.
	limited
	// newRoot says that the target folder itself was made.
	newRoot
	// summary is printed at the end of a run that went through.
	summary
	// dryRun marks a run that changed nothing.
	dryRun
)

// message is one line, understood.
type message struct {
	meaning meaning
	path    string // as printed, not yet relative to the job
	temp    bool   // path is a temporary name for the file meant
	within  bool   // nothing beneath path was done either
	errno   syscall.Errno
	counts  [2]int64
	text    string // rsync's words without "rsync: [sender] ", unescaped
}

var (
	origin = regexp.MustCompile(`^(?:rsync: )?(?:\[\w+\] )?`)
	reason = line(`(.*): ([^:]*) \((\d+)\)`)
)

// parseMessage understands one unescaped line that is not an item. A line of
// no known shape means what unknown says; in a stream that is shared with
// others, rsync's own lines are trouble.
func parseMessage(raw string, unknown meaning) message {
	raw = strings.TrimRight(raw, "\r") // ssh ends its lines as terminals want it
	m := message{text: raw[len(origin.FindString(raw)):]}
	if m.fill(plainShapes, m.text) {
		return m
	}
	if why := reason.FindStringSubmatch(m.text); why != nil {
		n, _ := strconv.Atoi(why[3])
		m.errno = syscall.Errno(n)
		if m.fill(errnoShapes, why[1]) {
			return m
		}
	}
	switch {
	case raw == "":
		m.meaning = chatter
	case unknown == foreign && fromRsync(raw):
		m.meaning = trouble
	default:
		m.meaning = unknown
	}
	return m
}

// words is the text without the name in it, for looking something up: a name
// can be made to say anything.
func (m message) words() string {
	if m.path == "" {
		return m.text
	}
	if quoted := `"` + m.path + `"`; strings.Contains(m.text, quoted) {
		return strings.Replace(m.text, quoted, `""`, 1)
	}
	return strings.Replace(m.text, m.path, "", 1)
}

// fromRsync tells rsync's own lines from what ssh and login scripts print.
func fromRsync(raw string) bool {
	for _, start := range []string{"rsync: ", "rsync error: ", "ERROR", "WARNING: ", "@ERROR", "FATAL", "ABORTING", "[", "*** "} {
		if strings.HasPrefix(raw, start) {
			return true
		}
	}
	return false
}

// fill completes m from the first shape that body has.
func (m *message) fill(shapes []shape, body string) bool {
	for _, s := range shapes {
		if found := s.re.FindStringSubmatch(body); found != nil {
			m.take(s, found, body)
			return true
		}
	}
	return false
}

func (m *message) take(s shape, found []string, body string) {
	m.meaning, m.temp, m.within = s.meaning, s.temp, s.within
	if s.once != "" && strings.Count(body, s.once) > 1 {
		m.meaning = trouble // a name contains it: nobody can say where it ends
		return
	}
	for i, name := range s.re.SubexpNames() {
		switch name {
		case "path":
			m.path = found[i]
		case "a", "b":
			m.counts[name[0]-'a'], _ = strconv.ParseInt(found[i], 10, 64)
		}
	}
}
