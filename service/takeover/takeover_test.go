package takeover

import (
	"bufio"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const rcLocal = `#!/bin/sh -e
date > /tmp/booted
/usr/local/sersync/sersync2 -d -r -o /usr/local/sersync/confxml.xml
exit 0
`

var night = time.Date(2026, 11, 20, 3, 4, 5, 0, time.UTC)

func TestFileKeepsModeAndOwnerAndLeavesACopy(t *testing.T) {
	root := t.TempDir()
	write(t, root, "/etc/rc.local", rcLocal, 0o751)
	file := filepath.Join(root, "etc/rc.local")
	if os.Geteuid() == 0 {
		if err := os.Chown(file, 12, 34); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Setxattr(file, "user.note", []byte("kept"), 0); err != nil {
		t.Logf("no attributes here: %v", err)
	}
	f := one(t, root)
	backup, err := f.Apply(night)
	if err != nil {
		t.Fatal(err)
	}
	if want := file + ".syncsvc-20261120-030405"; backup != want {
		t.Errorf("the copy is %s, want %s", backup, want)
	}
	if diff := cmp.Diff(rcLocal, text(t, backup)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(strings.Replace(rcLocal, "/usr/local", marker+"/usr/local", 1), text(t, file)); diff != "" {
		t.Error(diff)
	}
	for _, name := range []string{file, backup} {
		if got, want := attributes(t, name), attributes(t, file); got != want || got.mode != 0o751 {
			t.Errorf("%s has %+v, want %+v", name, got, want)
		}
	}
	if r, err := Find(root); err != nil || len(r.Files) != 0 {
		t.Errorf("it is found again: %+v, %v", r, err)
	}
}

type attrs struct {
	mode     os.FileMode
	uid, gid uint32
	note     string
}

func attributes(t *testing.T, file string) attrs {
	t.Helper()
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	owner := info.Sys().(*syscall.Stat_t)
	note := make([]byte, 10)
	n, _ := syscall.Getxattr(file, "user.note", note)
	return attrs{info.Mode().Perm(), owner.Uid, owner.Gid, string(note[:max(n, 0)])}
}

// TestTwoNamesOfOneFileAreOneFile is for Red Hat's rc.local, a link.
func TestTwoNamesOfOneFileAreOneFile(t *testing.T) {
	for _, to := range []string{"rc.d/rc.local", "/etc/rc.d/rc.local"} {
		root := t.TempDir()
		write(t, root, "/etc/rc.d/rc.local", rcLocal, 0o644)
		if err := os.Symlink(to, filepath.Join(root, "etc/rc.local")); err != nil {
			t.Fatal(err)
		}
		f := one(t, root)
		if !f.Idle() {
			t.Error("it is not executable, and not called idle")
		}
		if _, err := f.Apply(night); err != nil {
			t.Fatal(err)
		}
		if got, err := os.Readlink(filepath.Join(root, "etc/rc.local")); err != nil || got != to {
			t.Errorf("the link is %q now (%v)", got, err)
		}
		if !strings.Contains(text(t, filepath.Join(root, "etc/rc.d/rc.local")), marker) {
			t.Error("the file behind the link is as it was")
		}
	}
}

func TestFileThatChangedMeanwhileIsNotReplaced(t *testing.T) {
	root := t.TempDir()
	write(t, root, "/etc/rc.local", rcLocal, 0o755)
	f := one(t, root)
	write(t, root, "/etc/rc.local", rcLocal+"# more\n", 0o755)
	if _, err := f.Apply(night); !errors.Is(err, ErrChanged) {
		t.Errorf("got %v", err)
	}
	if names, _ := filepath.Glob(root + "/etc/*"); len(names) != 1 {
		t.Errorf("left %v", names)
	}
}

// TestLinkOutOfAnotherSystemIsNotFollowed is about images that somebody else
// made.
func TestLinkOutOfAnotherSystemIsNotFollowed(t *testing.T) {
	outside, root := t.TempDir(), t.TempDir()
	write(t, outside, "/etc/rc.local", rcLocal, 0o755)
	if err := os.Symlink(filepath.Join(outside, "etc"), filepath.Join(root, "etc")); err != nil {
		t.Fatal(err)
	}
	if r, err := Find(root); err == nil {
		t.Errorf("found %+v", r)
	}
}

func TestDiffShowsTheLine(t *testing.T) {
	root := t.TempDir()
	write(t, root, "/etc/rc.local", rcLocal, 0o755)
	got := string(one(t, root).Diff())
	for _, want := range []string{"--- /etc/rc.local\n", "\n-/usr/local/sersync/sersync2 -d", "\n+" + marker + "/usr/local/sersync/sersync2 -d"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in\n%s", want, got)
		}
	}
}

func TestWhatStartsElsewhereIsMentioned(t *testing.T) {
	root := t.TempDir()
	write(t, root, "/etc/crontab", "SHELL=/bin/sh\n# @reboot root sersync2\n@reboot root /usr/local/sersync/sersync2 -d\n17 * * * * root run-parts /etc/cron.hourly\n", 0o644)
	write(t, root, "/var/spool/cron/crontabs/root", "*/5 * * * * /opt/check_sersync.sh >/dev/null\n@reboot\t/bin/date\n", 0o600)
	write(t, root, "/lib/systemd/system/lsyncd.service", "[Service]\nExecStart=/usr/bin/lsyncd -nodaemon /etc/lsyncd.conf\n", 0o644)
	write(t, root, "/etc/systemd/system/multi-user.target.wants/other.service", "[Service]\nExecStart=/usr/bin/rsync --daemon\n", 0o644)
	write(t, root, "/etc/rc3.d/S01lsyncd", "", 0o755)
	if err := os.Symlink("/lib/systemd/system/lsyncd.service", filepath.Join(root, "etc/systemd/system/multi-user.target.wants/lsyncd.service")); err != nil {
		t.Fatal(err)
	}
	r, err := Find(root)
	if err != nil {
		t.Fatal(err)
	}
	want := []Mention{
		{"/etc/crontab", 3, "@reboot root /usr/local/sersync/sersync2 -d", "sersync2", "edit /etc/crontab"},
		{"/var/spool/cron/crontabs/root", 1, "*/5 * * * * /opt/check_sersync.sh >/dev/null", "check_sersync.sh", "edit it with crontab -e, as that user"},
		{"/etc/systemd/system/multi-user.target.wants/lsyncd.service", 2, "ExecStart=/usr/bin/lsyncd -nodaemon /etc/lsyncd.conf", "lsyncd", "systemctl disable --now lsyncd.service"},
		{"/etc/rc3.d/S01lsyncd", 0, "", "lsyncd", "service lsyncd stop; update-rc.d lsyncd disable"},
	}
	if diff := cmp.Diff(want, r.Elsewhere); diff != "" {
		t.Error(diff)
	}
	if len(r.Files) > 0 {
		t.Errorf("and %+v", r.Files)
	}
}

// TestRunningMirrorIsFound starts a program under the name of lsyncd, from a
// script.
func TestRunningMirrorIsFound(t *testing.T) {
	dir := t.TempDir()
	fake := filepath.Join(dir, "lsyncd")
	program, err := os.ReadFile("/bin/cat")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(fake, program, 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, dir, "push.sh", "echo up\n"+fake+" -\n", 0o755)
	cmd := exec.CommandContext(t.Context(), "sh", filepath.Join(dir, "push.sh"))
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		in.Close()
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	}()
	lines := bufio.NewReader(out)
	for _, say := range []string{"", "here\n"} { // the fake echoes: it runs
		if _, err := io.WriteString(in, say); err != nil {
			t.Fatal(err)
		}
		if _, err := lines.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
	}
	all, err := Running("/proc")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range all {
		if p.Command == fake+" -" && p.Parent == cmd.Process.Pid && strings.HasSuffix(p.Script, "push.sh") {
			return
		}
	}
	t.Errorf("got %+v", all)
}

func one(t *testing.T, root string) File {
	t.Helper()
	r, err := Find(root)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Files) != 1 {
		t.Fatalf("found %+v", r.Files)
	}
	return r.Files[0]
}

func text(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// fakeProc is a /proc with the processes given, as PARENT and words.
func fakeProc(t *testing.T, processes map[string][]string) string {
	t.Helper()
	proc := t.TempDir()
	for pid, p := range processes {
		dir := filepath.Join(proc, pid)
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		comm, argv := filepath.Base(p[1]), strings.Join(p[1:], "\x00")+"\x00"
		for name, text := range map[string]string{"cmdline": argv, "comm": comm + "\n", "stat": pid + " (" + comm + ") S " + p[0]} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	return proc
}

func TestModulesOfADropInAreNotListedBesideIt(t *testing.T) {
	proc := fakeProc(t, map[string][]string{
		"7": {"1", "sersync", "-d", "-o", "confxml.xml"},
		"8": {"1", "/usr/bin/sersync", "instance", "--module", "/var/lib/syncsvc/sersync-www/.conf.d/www.yaml"},
	})
	all, err := Running(proc)
	if err != nil || len(all) != 1 || all[0].Pid != 7 {
		t.Errorf("got %+v, %v; want process 7 alone", all, err)
	}
}

// "kill 20 30" would end the operator's own session.
func TestWhoAsksIsNotToBeKilled(t *testing.T) {
	proc := fakeProc(t, map[string][]string{
		"10": {"1", "bash", "/root/sersync-away.sh"},
		"20": {"10", "sh", "-c", "sersync2 -d & syncsvc service takeover"},
		"30": {"20", "sersync2", "-d"},
		"40": {"20", "syncsvc", "service", "takeover"},
	})
	if err := os.Symlink("40", filepath.Join(proc, "self")); err != nil {
		t.Fatal(err)
	}
	all, err := Running(proc)
	if diff := cmp.Diff([]Process{{Pid: 30, Command: "sersync2 -d"}}, all); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}
