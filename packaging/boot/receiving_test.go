package boot_test

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
)

// The texts that rsyncd-conf prints make a fresh Debian the receiving side, as
// they are: nothing is edited between the two machines.
func TestPrintedTextsSetUpTheReceivingSide(t *testing.T) {
	onDebians(t, func(s *sender) {
		s.receiver.daemon.Stop() // a Debian takes its place
		far := s.farEnd()
		s.install(deb(s.t))
		for _, name := range trio {
			s.run("syncsvc", "add-module", name, "--watch", "/srv/"+name, "--target", s.receiver.url(name),
				"--password-file", passwordFile, "--no-check")
		}
		awkward := s.path("/srv/www/awkward")
		s.sh("cd /srv/www && echo x >awkward && chown 4711:4712 awkward && chmod 4750 awkward && ln -s /etc/hostname link")

		far.receives(s)
		for _, name := range trio {
			far.has(name+"/first", s.read("/srv/"+name+"/first"))
		}
		far.same("www/awkward", awkward)
		if to, err := os.Readlink(far.path("/srv/www/link")); to != "/etc/hostname" {
			s.t.Errorf("a symbolic link has become one to %q, %v", to, err)
		}
		s.run("syncsvc", "check")
		far.refusesStrangers(s)

		far.reboot()
		s.write("/srv/bbs/later", "written while nobody was looking\n")
		far.has("bbs/later", s.read("/srv/bbs/later"))
	})
}

// farMachine is a Debian at the other end of a sender's network.
type farMachine struct{ *machine }

// farEnd boots it. It takes no seat of its own: two tests with one seat each
// would wait for each other.
func (s *sender) farEnd() farMachine {
	s.t.Helper()
	m := newMachine(s.t, "bookworm", root(s.t, "bookworm"))
	m.network = &network{machine: s.network.receiver, receiver: s.network.machine}
	m.write("/etc/hostname", "receiver\n")
	m.start()
	s.t.Cleanup(m.end)
	return farMachine{m}
}

// receives does what the texts' comments say.
func (f farMachine) receives(s *sender) {
	s.t.Helper()
	f.write("/etc/rsyncd.conf", s.sh("syncsvc rsyncd-conf --host "+receiverAddress+" 2>/dev/null"))
	f.write("/etc/rsyncd.secrets", s.sh("syncsvc rsyncd-conf --host "+receiverAddress+" --secrets 2>/dev/null"))
	f.sh("chmod 600 /etc/rsyncd.secrets && mkdir /srv/" + strings.Join(trio, " /srv/"))
	f.run("systemctl", "enable", "--now", "rsync")
}

// has waits for a file to arrive with these contents.
func (f farMachine) has(file, want string) {
	f.t.Helper()
	f.until(file+" to arrive", func() error {
		got, err := os.ReadFile(f.path("/srv/" + file))
		if err == nil && string(got) != want {
			err = fmt.Errorf("it says %q, want %q", got, want)
		}
		return err
	})
}

// same waits for a file with owner, group and mode of another.
func (f farMachine) same(file, original string) {
	f.t.Helper()
	want := ownership(original)
	f.until(file+" to be like "+original, func() error {
		if got := ownership(f.path("/srv/" + file)); got != want {
			return fmt.Errorf("it is %s, want %s", got, want)
		}
		return nil
	})
}

// ownership is owner, group and mode of a file.
func ownership(path string) string {
	info, err := os.Lstat(path)
	if err != nil {
		return err.Error()
	}
	owner := info.Sys().(*syscall.Stat_t)
	return fmt.Sprintf("%d:%d %v", owner.Uid, owner.Gid, info.Mode())
}

// refusesStrangers: the password that was printed is asked for.
func (f farMachine) refusesStrangers(s *sender) {
	s.t.Helper()
	s.write("/root/wrong", "guessed\n")
	out, err := s.try("sh", "-c", "chmod 600 /root/wrong; rsync --password-file=/root/wrong "+s.receiver.url("www")+"/")
	if err == nil || !strings.Contains(out, "auth failed") {
		s.t.Errorf("with a wrong password: %v\n%s", err, out)
	}
}
