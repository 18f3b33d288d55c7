package takeover

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// Process is a mirror that runs now.
type Process struct {
	Pid     int
	Command string // its words
	Parent  int    // the script that started it; 0 when that is init, who asks, or not to be seen
	Script  string // the words of the parent
}

// Running returns the mirrors that run now. proc is /proc. What syncsvc itself
// runs is not among them, and neither is who asks: the script of a migration, or
// the line of an ssh command, may have sersync's name in it.
func Running(proc string) ([]Process, error) {
	entries, err := os.ReadDir(proc)
	if err != nil {
		return nil, fmt.Errorf("list processes: %w", err)
	}
	asking := ancestors(proc)
	var all []Process
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue // no process
		}
		if slices.Contains(asking, pid) {
			continue
		}
		p, ok, err := inspect(proc, pid)
		if err != nil {
			return nil, err
		}
		if ok {
			if slices.Contains(asking, p.Parent) {
				p.Parent, p.Script = 0, "" // it is no loop that would start another
			}
			all = append(all, p)
		}
	}
	return all, nil
}

// ancestors returns this process and those that have started it.
func ancestors(proc string) []int {
	self, _ := os.Readlink(filepath.Join(proc, "self"))
	pid, _ := strconv.Atoi(self)
	var all []int
	for pid > 1 && !slices.Contains(all, pid) {
		all = append(all, pid)
		pid = parentOf(filepath.Join(proc, strconv.Itoa(pid)))
	}
	return all
}

// inspect looks at one process by its name, and at the script that it runs if
// it is a shell.
func inspect(proc string, pid int) (Process, bool, error) {
	dir := filepath.Join(proc, strconv.Itoa(pid))
	argv, err := words(dir)
	comm, err2 := os.ReadFile(filepath.Join(dir, "comm"))
	if err := errors.Join(err, err2); err != nil {
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
			return Process{}, false, nil // it has ended meanwhile
		}
		return Process{}, false, fmt.Errorf("look at process %d: %w", pid, err)
	}
	if len(argv) == 0 || ours(argv) { // the kernel's own, or a zombie
		return Process{}, false, nil
	}
	if !mirror(strings.TrimSpace(string(comm))) && !mirror(argv[0]) && !(shell(argv[0]) && len(argv) > 1 && mirror(argv[1])) {
		return Process{}, false, nil
	}
	p := Process{Pid: pid, Command: strings.Join(argv, " ")}
	if parent := parentOf(dir); parent > 1 {
		if script, err := words(filepath.Join(proc, strconv.Itoa(parent))); err == nil && len(script) > 1 && shell(script[0]) {
			p.Parent, p.Script = parent, strings.Join(script, " ")
		}
	}
	return p, true, nil
}

// ours tells the processes that syncsvc starts for its modules, also when it was
// called sersync: who has started them is listed.
func ours(argv []string) bool {
	return len(argv) > 2 && argv[1] == "instance" && argv[2] == "--module"
}

func words(dir string) ([]string, error) {
	text, err := os.ReadFile(filepath.Join(dir, "cmdline"))
	if err != nil || len(text) == 0 {
		return nil, err
	}
	return strings.Split(strings.TrimRight(string(text), "\x00"), "\x00"), nil
}

func shell(program string) bool {
	switch strings.TrimLeft(filepath.Base(program), "-") {
	case "sh", "bash", "dash", "ash", "ksh", "zsh", "busybox", "python", "python3", "perl":
		return true
	}
	return false
}

// parentOf reads the fourth field of stat; the second may hold anything, and
// ends with the last ")".
func parentOf(dir string) int {
	stat, err := os.ReadFile(filepath.Join(dir, "stat"))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(stat)[strings.LastIndexByte(string(stat), ')')+1:])
	if len(fields) < 2 {
		return 0
	}
	parent, _ := strconv.Atoi(fields[1])
	return parent
}
