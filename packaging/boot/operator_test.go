package boot_test

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// kill kills a process of the machine without asking it.
func (s *sender) kill(pid int) {
	s.t.Helper()
	s.run("kill", "-9", strconv.Itoa(pid))
}

// slowly is a line of a module file that makes a transfer last.
const slowly = "rsync: {bwlimit: 64k}\n"

// transferring makes a module send a file that takes half a minute, and returns
// when rsync is at it.
func (s *sender) transferring(module string) (file string) {
	s.t.Helper()
	s.write(moduleFile(module), s.read(moduleFile(module))+slowly)
	s.run("syncsvc", "reload")
	file = module + "/large"
	s.write("/srv/"+file, strings.Repeat("a large file\n", 2<<20/13))
	s.until("rsync to be at work", func() error {
		if entries, _ := os.ReadDir(s.receiver.path(module)); !slices.ContainsFunc(entries, func(d os.DirEntry) bool {
			return strings.HasPrefix(d.Name(), ".large.")
		}) {
			return errors.New("there is no temporary file at the receiver")
		}
		return nil
	})
	return file
}

// atFullSpeed takes back what transferring wrote.
func (s *sender) atFullSpeed(module string) {
	s.t.Helper()
	s.write(moduleFile(module), strings.ReplaceAll(s.read(moduleFile(module)), slowly, ""))
}

// nothingIsLeft waits until neither the service nor any rsync runs.
func (s *sender) nothingIsLeft() {
	s.t.Helper()
	s.nothingRuns()
	s.until("every rsync to have ended", func() error {
		out, err := s.try("pgrep", "--list-full", "--exact", "rsync")
		if exitCode(err) == "1" {
			return nil
		}
		return fmt.Errorf("%w: %s", err, out)
	})
}

// reloadSaysWhetherItWorked edits two module files, one of them badly, and
// reloads with a command of the init system.
func (s *sender) reloadSaysWhetherItWorked(reload ...string) {
	s.t.Helper()
	before := s.pids()
	s.write(moduleFile("www"), s.read(moduleFile("www"))+"exclude: [\"*.tmp\"]\n")
	s.run(reload...)
	s.write("/srv/www/left-out.tmp", "must not arrive\n")
	s.mirrors()
	if s.receiver.has("www/left-out.tmp") {
		s.t.Error("a file that is excluded since the reload has arrived")
	}

	good := s.read(moduleFile("bbs"))
	s.write(moduleFile("bbs"), good+"no_such_key: 1\n")
	where := fmt.Sprintf("%s:%d", moduleFile("bbs"), strings.Count(good, "\n")+1)
	switch out, err := s.try(reload...); {
	case err == nil:
		s.t.Errorf("%s succeeds although %s is wrong", strings.Join(reload, " "), where)
	case !strings.Contains(out, where):
		s.t.Errorf("%s does not say %s: %s", strings.Join(reload, " "), where, out)
	}
	s.mirrors() // bbs as before
	if after := s.pids(); after[""] != before[""] || after["bbs"] != before["bbs"] || after["blog"] != before["blog"] {
		s.t.Errorf("a new filter restarts www and nothing else: %v, then %v", before, after)
	}
	s.write(moduleFile("bbs"), good)
	s.run(reload...)
	s.run("syncsvc", "wait", "--timeout", "90s")
}

// isUpgraded checks which program answers, and not only which one is on disk.
func (s *sender) isUpgraded(from string) {
	s.t.Helper()
	installed := s.run("syncsvc", "version")
	if got := s.overview().Version; got == from || !strings.Contains(installed, got) {
		s.t.Errorf("version %q runs after %q; installed is %s", got, from, installed)
	}
}

// bareProgram puts the program alone on the machine, as "make build && install"
// does.
func (s *sender) bareProgram(t *testing.T) {
	t.Helper()
	must(t, "install", program(t), s.path("/usr/local/bin/syncsvc"))
}

// tracesOf lists what is on the machine under names like those. What tests put
// into /root and /srv does not count.
func (s *sender) tracesOf(names ...string) []string {
	s.t.Helper()
	named := "\\( -path '" + strings.Join(names, "' -o -path '") + "' \\)"
	return strings.Fields(s.sh("find / -xdev \\( -path /root -o -path /srv \\) -prune -o " + named + " -print; find /run " + named))
}

// untilContains waits for words in a file of the machine.
func (s *sender) untilContains(file, words string) {
	s.t.Helper()
	s.until(file+" to say "+strconv.Quote(words), func() error {
		text, err := os.ReadFile(s.path(file))
		if err == nil && (len(text) == 0 || !strings.Contains(string(text), words)) {
			err = fmt.Errorf("it says %q", lastLines(string(text)))
		}
		return err
	})
}
