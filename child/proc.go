package child

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// entry is what the kernel tells of a process; see stat in proc(5).
type entry struct {
	pid, parent, session int
	state                byte   // 'Z': dead, not waited for
	start                uint64 // when, in clock ticks since the machine started
}

// The columns of stat behind the name, which may hold anything.
const (
	statState, statParent, statSession, statStart, statColumns = 0, 1, 3, 19, 20
)

// look returns what is known of a process.
func look(pid int) (entry, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return entry{}, err
	}
	e, err := parseStat(string(text))
	e.pid = pid
	return e, err
}

func parseStat(text string) (entry, error) {
	columns := strings.Fields(text[strings.LastIndexByte(text, ')')+1:])
	if len(columns) < statColumns {
		return entry{}, fmt.Errorf("%q is not what a process looks like", text)
	}
	e := entry{state: columns[statState][0]}
	var err1, err2, err3 error
	e.parent, err1 = strconv.Atoi(columns[statParent])
	e.session, err2 = strconv.Atoi(columns[statSession])
	e.start, err3 = strconv.ParseUint(columns[statStart], 10, 64)
	for _, err := range []error{err1, err2, err3} {
		if err != nil {
			return entry{}, fmt.Errorf("process table: %w", err)
		}
	}
	return e, nil
}

// table returns all processes by their numbers. Some may be gone by now.
func table() (map[int]entry, error) {
	dir, err := os.Open("/proc")
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return nil, fmt.Errorf("read the process table: %w", err)
	}
	all := make(map[int]entry, len(names))
	for _, name := range names {
		if pid, err := strconv.Atoi(name); err == nil {
			if e, err := look(pid); err == nil {
				all[pid] = e
			}
		}
	}
	return all, nil
}

// descendants returns those that descend from any of the given processes, as
// far as nobody between them is gone.
func descendants(all map[int]entry, of ...int) []int {
	children := map[int][]int{}
	for pid, e := range all {
		children[e.parent] = append(children[e.parent], pid)
	}
	var found []int
	for next := of; len(next) > 0; {
		pid := next[len(next)-1]
		next = append(next[:len(next)-1:len(next)-1], children[pid]...)
		found = append(found, children[pid]...)
	}
	return found
}

// mark returns the mark that a process carries, "" when it has none or may not
// be asked.
func mark(pid int) string {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
	if err != nil {
		return ""
	}
	for variable := range bytes.SplitSeq(text, []byte{0}) {
		if m, ok := bytes.CutPrefix(variable, []byte(MarkEnv+"=")); ok {
			return string(m)
		}
	}
	return ""
}

// The columns of statm.
const statmResident, statmShared = 1, 2

// Resident returns how many bytes of memory a process has at the moment, 0 when
// it is gone.
func Resident(pid int) int64 { return memory(pid)[statmResident] }

// private is Resident without what is shared with files, and so with other
// processes that run the same program.
func private(pid int) int64 {
	m := memory(pid)
	return max(0, m[statmResident]-m[statmShared])
}

// memory returns the first columns of statm in bytes; see proc(5).
func memory(pid int) (m [3]int64) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return m
	}
	for i, field := range strings.Fields(string(text)) {
		if i == len(m) {
			break
		}
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return [3]int64{}
		}
		m[i] = n * int64(os.Getpagesize())
	}
	return m
}
