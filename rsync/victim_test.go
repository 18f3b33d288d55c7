package rsync

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strconv"
)

// becomeVictim turns the test binary into a program that runs one local job,
// to be killed in the middle of it.
func becomeVictim() {
	src, dst := os.Getenv("VICTIM_SRC"), os.Getenv("VICTIM_DST")
	if src == "" {
		return
	}
	target := Target{Kind: Local, Path: dst, BWLimit: 1 << 20}
	NewRunner().Run(context.Background(), target, Job{Dir: src, Paths: []string{"./"}, Tree: true})
	os.Exit(0)
}

// running lists the processes that have word in their command line and are not
// zombies, which another process 1 may leave lying about.
func running(word string) []int {
	var pids []int
	found, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, file := range found {
		text, err := os.ReadFile(file)
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		if err == nil && pid != os.Getpid() && bytes.Contains(text, []byte(word)) {
			pids = append(pids, pid)
		}
	}
	return pids
}
