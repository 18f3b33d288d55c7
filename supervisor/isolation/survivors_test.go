package isolation_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/syncsvc/syncsvc/control"
)

// both runs a test where there are control groups, and where there are none.
func both(t *testing.T, test func(s *site)) {
	t.Run("groups", func(t *testing.T) { t.Parallel(); test(newSite(t, false)) })
	t.Run("plain", func(t *testing.T) { t.Parallel(); test(newSite(t, true)) })
}

// busy starts a service whose modules all transfer something slowly.
func busy(s *site, modules ...string) {
	s.Helper()
	for _, name := range modules {
		s.module(name, "rsync: {bwlimit: 100k}")
		s.must(os.WriteFile(s.path("src", name, "big"), []byte(strings.Repeat("big", 10<<20)), 0o644))
	}
	s.start()
	s.untilTransfer(modules...)
}

// untilTransfer waits until every one of the modules is in a transfer.
func (s *site) untilTransfer(modules ...string) {
	s.Helper()
	for _, name := range modules {
		s.until(name+" transfers", func() bool { return len(s.written(name)) > 0 })
	}
}

func TestNothingOutlivesTheServiceAndNoTwinsAppear(t *testing.T) {
	both(t, func(s *site) {
		busy(s, "www", "bbs")
		for range 2 {
			s.kill()
			s.until("all are gone", func() bool { return len(s.processes()) == 0 })
			s.start()
			s.untilTransfer("www", "bbs")
			if instances := s.instances(); instances != 2 {
				s.Errorf("%d instances of 2 modules", instances)
			}
		}
	})
}

func TestNoRsyncOutlivesItsInstance(t *testing.T) {
	both(t, func(s *site) {
		busy(s, "www", "bbs")
		before, _ := s.look("bbs")
		killed := 0
		for range 2 {
			m := s.untilModule("www", "runs again", func(m control.Module) bool { return m.Pid != 0 && m.Pid != killed })
			s.untilTransfer("www")
			// What it makes after its restart has other names. Where a transfer
			// goes on with what another has kept, there is none.
			temporary, rsyncs := s.temporary("www"), s.rsyncsOf("www")
			if killed == 0 && len(temporary) == 0 {
				s.Error("it writes to no temporary file")
			}
			killed = m.Pid
			s.must(syscall.Kill(killed, syscall.SIGKILL))
			s.until("its rsyncs are gone", func() bool {
				for pid := range rsyncs {
					if there(pid) {
						return false
					}
				}
				return true
			})
			s.until("its temporary files are gone", func() bool {
				return !slices.ContainsFunc(s.temporary("www"), func(name string) bool { return slices.Contains(temporary, name) })
			})
		}
		after, _ := s.look("bbs")
		if before.Pid != after.Pid || after.Restarts != 0 {
			s.Errorf("its neighbour was %d and is %d, with %d restarts", before.Pid, after.Pid, after.Restarts)
		}
		m := s.untilModule("www", "has died twice", func(m control.Module) bool { return len(m.Deaths) >= 2 })
		if d := m.Deaths[0]; d.Cause != "killed by signal 9 (killed)" {
			s.Errorf("the first death is %+v", d)
		}
	})
}

// rsyncsOf returns the rsyncs of a module that run now.
func (s *site) rsyncsOf(name string) map[int]bool {
	found := map[int]bool{}
	for pid, line := range s.processes() {
		if strings.Contains(line, s.path("dst", name)) {
			found[pid] = true
		}
	}
	return found
}

// written returns what the rsyncs of a module have open in its target: a
// temporary file, or the one in the folder for partial files that a transfer
// goes on with.
func (s *site) written(name string) (files []string) {
	for pid := range s.rsyncsOf(name) {
		open, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
		for _, fd := range open {
			to, err := os.Readlink(fd)
			if err == nil && strings.HasPrefix(to, s.path("dst", name)+"/") && strings.Contains(filepath.Base(to), "big") {
				files = append(files, to)
			}
		}
	}
	return files
}

// temporary returns what rsync has made in the target of a module and not
// renamed yet.
func (s *site) temporary(name string) []string {
	s.Helper()
	found, err := filepath.Glob(s.path("dst", name, ".big.*"))
	s.must(err)
	return found
}

// there reports whether a process is there, or a dead one that nobody has waited
// for.
func there(pid int) bool { return syscall.Kill(pid, 0) == nil }

func TestSecondServiceOfTheSameFoldersIsRefused(t *testing.T) {
	s := newSite(t, false)
	s.module("www")
	s.start()
	first := s.untilLive("www")
	twin := *s
	twin.start()
	if err := twin.cmd.Wait(); err == nil {
		t.Error("a second one runs")
	}
	out, err := os.ReadFile(s.path("output"))
	s.must(err)
	if !strings.Contains(string(out), "already running") {
		t.Errorf("it did not say why:\n%s", out)
	}
	if now := s.untilLive("www"); now.Pid != first.Pid {
		t.Errorf("the module of the first was %d and is %d", first.Pid, now.Pid)
	}
	s.stop()
	if left := s.processes(); len(left) > 0 {
		t.Errorf("left are %v", left)
	}
}
