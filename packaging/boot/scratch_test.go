package boot_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// goneWithin is how long killed processes may take to leave.
const goneWithin = 30 * time.Second

// propagated is where systemd-nspawn keeps a folder for every machine it has
// started, for good.
const propagated = "/run/systemd/nspawn/propagate"

// A run owns one scratch folder and holds a lock on it for as long as it lives.
// Whatever bears the name of a folder that nobody locks is left over.
var scratchLock *os.File

// openScratch makes the folder of this run, after removing what killed runs
// left. One run at a time does so, or it would take a folder that another is
// just making for a left-over.
func openScratch() (string, error) {
	gate, err := lockFile(filepath.Join(os.TempDir(), prefix+"gate"), unix.LOCK_EX)
	if err != nil {
		return "", err
	}
	defer gate.Close()
	sweep()
	dir := filepath.Join(os.TempDir(), prefix+strconv.Itoa(os.Getpid()))
	if err := os.Mkdir(dir, 0o755); err != nil {
		return "", err
	}
	intoMemory(dir)
	scratchLock, err = lockFile(dir, unix.LOCK_EX|unix.LOCK_NB)
	return dir, err
}

// intoMemory keeps the machines off the disk where there is memory enough for
// two of them: dpkg waits for the disk after every file, and a disk that is busy
// with something else can make a copy of a machine take a minute.
func intoMemory(dir string) {
	const plenty = 4 << 30
	if memoryAvailable() > plenty {
		_ = unix.Mount(prefix+"scratch", dir, "tmpfs", 0, "mode=755") // or else the disk has to do
	}
}

func memoryAvailable() int64 {
	text, _ := os.ReadFile("/proc/meminfo")
	_, rest, _ := strings.Cut(string(text), "MemAvailable:")
	var kilobytes int64
	_, _ = fmt.Sscan(rest, &kilobytes)
	return kilobytes << 10
}

func closeScratch() {
	if scratchLock == nil {
		return
	}
	removeScratch(scratchLock.Name())
	_ = scratchLock.Close()
}

func removeScratch(dir string) {
	_ = unix.Unmount(dir, unix.MNT_DETACH) // where it is in memory
	_ = os.RemoveAll(dir)
}

func lockFile(path string, how int) (*os.File, error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0) // a folder, or the gate
	if err == unix.ENOENT {
		fd, err = unix.Open(path, unix.O_RDONLY|unix.O_CREAT|unix.O_CLOEXEC, 0o600)
	}
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	file := os.NewFile(uintptr(fd), path)
	if err := unix.Flock(fd, how); err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	return file, nil
}

// sweep ends and removes what killed runs left: processes, control groups,
// networks, folders.
func sweep() {
	found, _ := hierarchies()
	for _, h := range found {
		for _, group := range leftOvers(h.folder) {
			emptyGroup(group)
		}
	}
	for _, ns := range leftOvers(netnsFolder) {
		removeNetns(filepath.Base(ns))
	}
	for _, dir := range leftOvers(propagated) {
		_ = os.Remove(dir)
	}
	for _, dir := range leftOvers(os.TempDir()) {
		removeScratch(dir)
	}
}

// leftOvers are the entries of a folder that bear the name of a run that no
// longer lives.
func leftOvers(folder string) []string {
	var dead []string
	found, _ := filepath.Glob(filepath.Join(folder, prefix+"*"))
	for _, path := range found {
		run, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(path), prefix), "-")
		if _, err := strconv.Atoi(run); err == nil && !lives(run) {
			dead = append(dead, path)
		}
	}
	return dead
}

// lives says whether a run holds its folder. One without a folder is over.
func lives(run string) bool {
	dir := filepath.Join(os.TempDir(), prefix+run)
	if _, err := os.Stat(dir); err != nil {
		return false
	}
	lock, err := lockFile(dir, unix.LOCK_EX|unix.LOCK_NB)
	if err != nil {
		return true
	}
	_ = lock.Close()
	return false
}

// emptyGroup kills what is in a control group and beneath, and removes both.
func emptyGroup(group string) {
	deadline := time.Now().Add(goneWithin)
	for {
		for _, pid := range groupMembers(group) {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
		if removeGroup(group) || time.Now().After(deadline) {
			return
		}
		<-time.After(20 * time.Millisecond)
	}
}

func groupMembers(group string) []int {
	var pids []int
	_ = filepath.WalkDir(group, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.Name() != "cgroup.procs" {
			return nil
		}
		text, _ := os.ReadFile(path)
		for field := range strings.FieldsSeq(string(text)) {
			if pid, err := strconv.Atoi(field); err == nil && pid > 1 {
				pids = append(pids, pid)
			}
		}
		return nil
	})
	return pids
}

// removeGroup removes a control group from its leaves up.
func removeGroup(group string) bool {
	below, _ := os.ReadDir(group)
	for _, d := range below {
		if d.IsDir() {
			removeGroup(filepath.Join(group, d.Name()))
		}
	}
	err := unix.Rmdir(group)
	return err == nil || err == unix.ENOENT
}
