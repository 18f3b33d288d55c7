package child

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// Resident returns how many bytes of memory a process has at the moment, 0 when
// it is gone.
func Resident(pid int) int64 {
	return pages(pid, 1)
}

// pages returns one column of statm in bytes; see proc(5).
func pages(pid, column int) int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(text))
	if column >= len(fields) {
		return 0
	}
	n, err := strconv.ParseInt(fields[column], 10, 64)
	if err != nil {
		return 0
	}
	return n * int64(os.Getpagesize())
}
