package child

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
)

// Limits are what a child and everything it starts have to keep to. The zero
// value leaves things as they are with us, but that nobody is spared by the
// kernel as we may be.
type Limits struct {
	Nice           int    // 1 to 19; 0 = as we are
	IOClass        string // "best-effort" or "idle"; "" = as we are
	IOLevel        int    // of best-effort: 0 (first) to 7
	OOMScoreAdjust int    // -1000 to 1000; 0 = as we are, but not less than 0
	MemoryMax      int64  // bytes of all of them together; 0 = no limit
}

// schedule returns the part that is inherited from a thread.
func (l Limits) schedule() schedule {
	const bestEffort, idle, classShift = 2, 3, 13 // ioprio_set(2)
	s := schedule{nice: l.Nice}
	switch l.IOClass {
	case "best-effort":
		s.io = bestEffort<<classShift | l.IOLevel
	case "idle":
		s.io = idle << classShift
	}
	return s
}

// heapShare is which part of a memory limit the Go runtime of a child is asked
// to keep to, in per cent: the rest is for the processes that it starts.
const heapShare = 75

// environment is what the child's runtime has to know.
func (l Limits) environment() []string {
	if l.MemoryMax == 0 {
		return nil
	}
	return []string{fmt.Sprintf("GOMEMLIMIT=%d", l.MemoryMax/100*heapShare)}
}

// setOOMScore says how soon the kernel kills pid, and what it starts from now
// on, when the machine runs out of memory. To be spared more than us takes
// CAP_SYS_RESOURCE.
func setOOMScore(pid, adjust int) error {
	path := fmt.Sprintf("/proc/%d/oom_score_adj", pid)
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("set oom_score_adjust: %w", err)
	}
	now, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return fmt.Errorf("set oom_score_adjust: %w", err)
	}
	if now == adjust || adjust == 0 && now > 0 {
		return nil
	}
	err = os.WriteFile(path, []byte(strconv.Itoa(adjust)), 0)
	if errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("oom_score_adjust %d is less than the service's own %d, which takes CAP_SYS_RESOURCE: %w", adjust, now, err)
	}
	return err
}
