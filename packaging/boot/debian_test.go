package boot_test

import (
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"
)

// debians are the kinds of machines with systemd that the package is for.
var debians = []string{"bookworm", "trixie"}

// onDebians tells a story on each of them. There is a receiver, and nothing is
// installed.
func onDebians(t *testing.T, story func(*sender)) {
	t.Helper()
	t.Parallel()
	deb(t) // before the machines, which it would only keep waiting
	for _, kind := range debians {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			story(newSender(boot(t, kind)))
		})
	}
}

// From "apt install" to mirroring after a reboot.
func TestPackageMirrorsAndIsBackAfterReboot(t *testing.T) {
	onDebians(t, func(s *sender) {
		s.install(deb(s.t))
		s.is("active", "active")
		s.is("enabled", "enabled")
		s.addModules()
		s.mirrors()
		s.inSync()
		s.run("syncsvc", "status") // exits with 0 only when all is in sync

		s.reboot()
		s.mirrors() // and nobody has logged in
		s.plantStrays()

		s.poweroff()
		s.write("/srv/www/while-down", "written without a kernel that could tell\n")
		s.delete("bbs/first")
		s.start()
		s.arrives("www/while-down")
		s.leaves("bbs/first")
		s.mirrors()
		s.noFullSync()
		s.pids()
	})
}

// Power cuts ask nobody.
func TestPackageMirrorsAfterPowerCut(t *testing.T) {
	onDebians(t, func(s *sender) {
		s.install(deb(s.t))
		s.addModules()
		s.mirrors()
		s.plantStrays()
		s.cut()
		s.write("/srv/blog/after-the-cut", "written before power was back\n")
		s.delete("www/first")
		s.start()
		s.arrives("blog/after-the-cut")
		s.leaves("www/first")
		s.mirrors()
		s.noFullSync()
		s.pids()
	})
}

// Whatever is killed or hangs is back, once, and nothing of it is left behind.
func TestKilledServiceIsBackWithoutTwins(t *testing.T) {
	onDebians(t, func(s *sender) {
		s.install(deb(s.t))
		s.addModules()

		before := s.pids()
		s.run("kill", "-9", fmt.Sprint(before["bbs"]))
		after := s.pidsOther(before, "bbs")
		if after[""] != before[""] || after["www"] != before["www"] || after["blog"] != before["blog"] {
			s.t.Errorf("killed was the instance of bbs only: %v, then %v", before, after)
		}
		s.mirrors()

		before = after
		s.run("kill", "-9", fmt.Sprint(before[""]))
		after = s.pidsOther(before, "")
		for name, pid := range after {
			if before[name] == pid {
				s.t.Errorf("%q lives on after the supervisor was killed: %v, then %v", name, before, after)
			}
		}
		s.mirrors()

		s.run("kill", "-STOP", fmt.Sprint(after[""]))
		s.pidsOther(after, "") // after WatchdogSec
		if log := s.run("journalctl", "--no-pager", "--unit=syncsvc"); !strings.Contains(log, "Watchdog timeout") {
			s.t.Error("the journal does not tell of a watchdog")
		}
		s.mirrors()
		if got := s.unit("NRestarts"); got != "2" {
			s.t.Errorf("systemd restarted the service %s times, want 2", got)
		}
	})
}

// pidsOther waits until a process is another than it was.
func (s *sender) pidsOther(before pids, name string) pids {
	s.t.Helper()
	s.until(fmt.Sprintf("another process in place of %d", before[name]), func() error {
		o, err := s.askOverview()
		if err != nil {
			return err
		}
		now := o.Pid
		for _, m := range o.Modules {
			if m.Name == name {
				now = m.Pid
			}
		}
		if now == 0 || now == before[name] {
			return errors.New("it has not been replaced")
		}
		return nil
	})
	return s.pids()
}

func (s *sender) same(before, after pids) {
	s.t.Helper()
	if !maps.Equal(before, after) {
		s.t.Errorf("processes were %v, are %v", before, after)
	}
}

// systemctl reload tells whether what was edited is in force.
func TestReloadSaysWhetherItWorked(t *testing.T) {
	onDebians(t, func(s *sender) {
		s.install(deb(s.t))
		s.addModules()
		before := s.pids()

		good := s.read(moduleFile("www"))
		s.write(moduleFile("www"), good+"exclude: [\"*.tmp\"]\n")
		s.run("systemctl", "reload", "syncsvc")
		s.write("/srv/www/left-out.tmp", "must not arrive\n")
		s.mirrors()
		if s.receiver.has("www/left-out.tmp") {
			s.t.Error("a file that is excluded since the reload has arrived")
		}
		after := s.pids()
		before["www"] = after["www"] // other filters are for another process
		s.same(before, after)

		bad := s.read(moduleFile("bbs"))
		line := strings.Count(bad, "\n") + 1
		s.write(moduleFile("bbs"), bad+"no_such_key: 1\n")
		where := fmt.Sprintf("%s:%d", moduleFile("bbs"), line)
		out, err := s.try("systemctl", "reload", "syncsvc")
		if err == nil {
			s.t.Errorf("systemctl reload succeeds although %s is wrong", where)
		}
		s.is("active", "active")
		for _, argv := range [][]string{{"systemctl", "status", "--no-pager", "--full", "--lines=40", "syncsvc"}, {"syncsvc", "status"}} {
			if shown, _ := s.try(argv...); !strings.Contains(shown, where) {
				s.t.Errorf("%s does not show %s:\n%s\n%s", strings.Join(argv, " "), where, shown, out)
			}
		}
		s.mirrors() // bbs as before
		s.same(after, s.pids())

		s.write(moduleFile("bbs"), bad)
		s.run("systemctl", "reload", "syncsvc")
		s.inSync()
		s.run("syncsvc", "status")
	})
}
