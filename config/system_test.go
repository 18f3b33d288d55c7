package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// system is a machine with everything that a module with three kinds of
// targets needs.
type system struct {
	confDir
	m *Module
}

func newSystem(t *testing.T) system {
	t.Helper()
	c := newConfDir(t)
	s := system{confDir: c}
	for _, dir := range []string{"www", "backup"} {
		if err := os.Mkdir(filepath.Join(c.path, dir), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"password", "key", "known_hosts"} {
		c.write(name, "secret\n")
	}
	text := `watch: DIR/www
targets:
  - rsync://h/www
  - {url: rsync://h/bbs, password_file: DIR/password}
  - {url: ssh://h/srv/www, ssh: {identity_file: DIR/key, known_hosts: DIR/known_hosts}}
  - DIR/backup
password_file: DIR/password
`
	s.m = mustDecode(t, strings.ReplaceAll(text, "DIR", c.path))
	return s
}

// check returns what is missing.
func (s system) check() []string {
	s.t.Helper()
	var lines []string
	for _, p := range CheckSystem(s.m) {
		p.Column = 0 // depends on the length of the folder's name
		lines = append(lines, strings.ReplaceAll(p.Error(), s.path, "DIR"))
	}
	return lines
}

func (s system) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s system) want(lines ...string) {
	s.t.Helper()
	if diff := cmp.Diff(lines, s.check()); diff != "" {
		s.t.Error(diff)
	}
}

func TestNothingIsMissing(t *testing.T) {
	newSystem(t).want()
}

func TestPasswordFileOthersCanRead(t *testing.T) {
	s := newSystem(t)
	s.must(os.Chmod(filepath.Join(s.path, "password"), 0o640))
	s.want(
		"www.yaml:7: password_file: DIR/password has mode 640, so others can get at it",
		"www.yaml:4: targets[1].password_file: DIR/password has mode 640, so others can get at it",
	)
	for _, p := range CheckSystem(s.m) {
		if want := "chmod 600 " + s.path + "/password"; p.Hint != want {
			t.Errorf("hint is %q, want %q", p.Hint, want)
		}
	}
	s.must(os.Chmod(filepath.Join(s.path, "password"), 0o400))
	s.want()
}

func TestPasswordFileOfSomebodyElse(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give files away")
	}
	s := newSystem(t)
	s.must(os.Chown(filepath.Join(s.path, "key"), 12345, 12345))
	s.want("www.yaml:5: targets[2].ssh.identity_file: DIR/key belongs to user 12345, not to who runs syncsvc")
}

func TestFilesThatAreMissingOrEmpty(t *testing.T) {
	s := newSystem(t)
	s.must(os.Remove(filepath.Join(s.path, "known_hosts")))
	s.must(os.Truncate(filepath.Join(s.path, "password"), 0))
	s.want(
		"www.yaml:7: password_file: DIR/password is empty",
		"www.yaml:4: targets[1].password_file: DIR/password is empty",
		"www.yaml:5: targets[2].ssh.known_hosts: DIR/known_hosts: no such file or directory",
	)
}

func TestMissingWatchCanBeWaitedFor(t *testing.T) {
	s := newSystem(t)
	s.must(os.Remove(filepath.Join(s.path, "www")))
	s.want("www.yaml:1: watch: DIR/www: no such file or directory")
	if !CheckSystem(s.m)[0].CanWait {
		t.Error("it cannot be waited for")
	}
	s.write("www", "")
	s.want("www.yaml:1: watch: DIR/www is not a folder")
}

func TestTargetThatLeadsIntoTheWatchedFolder(t *testing.T) {
	s := newSystem(t)
	s.must(os.Remove(filepath.Join(s.path, "backup")))
	s.must(os.Mkdir(filepath.Join(s.path, "www", "b"), 0o700))
	s.must(os.Symlink("www/b", filepath.Join(s.path, "backup")))
	s.want("www.yaml:6: targets[3]: is DIR/www/b, and the watched folder is DIR/www: one has the other in it")
}

func TestProgramsThatAreMissing(t *testing.T) {
	s := newSystem(t)
	t.Setenv("PATH", "/nonexistent")
	s.want(
		"www.yaml: rsync.program: rsync cannot be run: executable file not found in $PATH",
		"www.yaml:5: targets[2]: ssh cannot be run: executable file not found in $PATH",
	)
}

func TestWhatHooksNeed(t *testing.T) {
	s := newSystem(t)
	text := `watch: DIR/www
hooks:
  - command: [DIR/no-such-program, "{file}"]
  - command: ["{file}"]
    name: itself
    run_file: true
  - http: {url: "https://h/p", secret_file: DIR/key, ca_file: DIR/gone}
  - cdn: {provider: fastly, base: "https://h/", secret_file: DIR/password}
  - mail: {to: [a@b.c], from: a@b.c, server: "smtp://h", user: u, password_file: DIR/password}
`
	s.must(os.Chmod(filepath.Join(s.path, "password"), 0o644))
	s.m = mustDecode(t, strings.ReplaceAll(text, "DIR", s.path))
	s.want(
		"www.yaml:3: hooks[0].command: DIR/no-such-program cannot be run: no such file or directory",
		"www.yaml:7: hooks[2].http.ca_file: DIR/gone: no such file or directory",
		"www.yaml:8: hooks[3].cdn.secret_file: DIR/password has mode 644, so others can get at it",
		"www.yaml:9: hooks[4].mail.password_file: DIR/password has mode 644, so others can get at it",
	)
}

func TestUserHasToExist(t *testing.T) {
	s := newSystem(t)
	s.m.Process.User = "nobody-knows"
	s.want(`www.yaml: user: there is no user "nobody-knows" on this machine`)
	s.m.Process.User = "nobody"
	if os.Geteuid() != 0 {
		t.Skip("only root may run rsync as another user")
	}
	s.want()
}

// A module that runs as another user reads the same file as before.
func TestPasswordFileOfRootServesEverybody(t *testing.T) {
	for _, c := range []struct {
		owner, me int
		stranger  bool
	}{{0, 0, false}, {65534, 65534, false}, {0, 65534, false}, {65534, 0, true}, {1000, 65534, true}} {
		if got := stranger(c.owner, c.me); got != c.stranger {
			t.Errorf("a file of user %d read by user %d: a stranger's is %t, want %t", c.owner, c.me, got, c.stranger)
		}
	}
}
