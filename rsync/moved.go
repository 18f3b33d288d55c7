package rsync

import (
	"os"
	"strconv"
	"strings"
)

// moved adds up the bytes that a process and its descendants have read and
// written in any way. One that is gone or may not be looked at counts nothing.
func moved(pid int) int64 {
	proc := "/proc/" + strconv.Itoa(pid)
	total := ioBytes(proc + "/io")
	children, _ := os.ReadFile(proc + "/task/" + strconv.Itoa(pid) + "/children")
	for child := range strings.FieldsSeq(string(children)) {
		if n, err := strconv.Atoi(child); err == nil {
			total += moved(n)
		}
	}
	return total
}

// ioBytes adds rchar and wchar of a /proc/PID/io file.
func ioBytes(file string) int64 {
	text, _ := os.ReadFile(file)
	var total int64
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		if name == "rchar" || name == "wchar" {
			n, _ := strconv.ParseInt(value, 10, 64)
			total += n
		}
	}
	return total
}
