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
	read, written := ioBytes(proc + "/io")
	total := read + written
	children, _ := os.ReadFile(proc + "/task/" + strconv.Itoa(pid) + "/children")
	for child := range strings.FieldsSeq(string(children)) {
		if n, err := strconv.Atoi(child); err == nil {
			total += moved(n)
		}
	}
	return total
}

// wrote is what one process wrote so far: of a sending rsync, what it sent, for
// there is little else that it writes.
func wrote(pid int) int64 {
	_, written := ioBytes("/proc/" + strconv.Itoa(pid) + "/io")
	return written
}

// ioBytes returns rchar and wchar of a /proc/PID/io file.
func ioBytes(file string) (read, written int64) {
	text, _ := os.ReadFile(file)
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		n, _ := strconv.ParseInt(value, 10, 64)
		switch name {
		case "rchar":
			read = n
		case "wchar":
			written = n
		}
	}
	return read, written
}
