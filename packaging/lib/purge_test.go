package lib_test

import (
	"os"
	"strings"
	"testing"
)

// newPurge is a sandbox with what the service has left on a Debian host.
func newPurge(t *testing.T) *sandbox {
	s := newSandbox(t)
	s.write("var/lib/syncsvc/www/life", "state")
	s.write("var/lib/syncsvc/.disabled/www", "somebody")
	s.write("var/log/syncsvc/syncsvc.out", "words")
	s.write("etc/syncsvc/conf.d/www.yaml", "watch: /srv/www")
	s.write("etc/default/syncsvc", "SYNCSVC_OPTS=")
	s.write("run/syncsvc/ignored", "")
	s.write("data/precious", "a module's source")
	s.cover("etc", "/etc")
	s.cover("var/lib", "/var/lib")
	s.cover("var/log", "/var/log")
	s.cover("run", "/run")
	return s
}

func (s *sandbox) purge() string { return script(s.t, "../deb/postrm") + "purge" }

func (s *sandbox) gone(names ...string) {
	s.t.Helper()
	for _, name := range names {
		if _, err := os.Lstat(s.path(name)); !os.IsNotExist(err) {
			s.t.Errorf("%s is still there: %v", name, err)
		}
	}
}

func TestPurgeLeavesNothing(t *testing.T) {
	s := newPurge(t)
	s.run(s.purge())
	s.gone("var/lib/syncsvc", "var/log/syncsvc", "etc/syncsvc", "etc/default/syncsvc", "run/syncsvc")
}

// Somebody mirrors to a folder that is mounted where the service keeps its state,
// which may be on the same file system.
func TestPurgeSparesWhatIsMounted(t *testing.T) {
	s := newPurge(t)
	s.make = append(s.make, "mkdir /var/lib/syncsvc/mirror", "mount --bind "+s.path("data")+" /var/lib/syncsvc/mirror")
	out := s.run(s.purge())
	if got := s.read("data/precious"); got != "a module's source" {
		t.Errorf("what was mounted is %q", got)
	}
	if !strings.Contains(out, "/var/lib/syncsvc stays, because /var/lib/syncsvc/mirror is mounted in it") {
		t.Errorf("it says %q", out)
	}
	s.gone("var/log/syncsvc", "etc/syncsvc")
}

// The state may have a disk of its own: then it is emptied.
func TestPurgeOfAStateFolderThatIsAMount(t *testing.T) {
	s := newPurge(t)
	s.write("disk/www/life", "state")
	s.make = append(s.make, "mount --bind "+s.path("disk")+" /var/lib/syncsvc")
	s.run(s.purge())
	s.gone("disk/www", "etc/syncsvc", "var/log/syncsvc")
}

func TestPurgeFollowsNoLink(t *testing.T) {
	s := newPurge(t)
	s.make = append(s.make,
		"rm -r /var/lib/syncsvc", "ln -s "+s.path("data")+" /var/lib/syncsvc",
		"ln -s "+s.path("data")+" /etc/syncsvc/conf.d/more", "ln -s "+s.path("nowhere")+" /run/syncsvc/link")
	s.run(s.purge())
	if got := s.read("data/precious"); got != "a module's source" {
		t.Errorf("what a link points to is %q", got)
	}
	s.gone("var/lib/syncsvc", "etc/syncsvc", "run/syncsvc")
}

// A program installed by hand needs no unit: rc.local may start it.
func TestPurgeSparesWhatAProgramUsesThatRuns(t *testing.T) {
	s := newPurge(t)
	s.write("listen", `use Socket; socket(S, PF_UNIX, SOCK_STREAM, 0); bind(S, pack_sockaddr_un(shift)); listen(S, 1); exec @ARGV;`)
	s.run("perl -e '$^F = 99; do shift' " + s.path("listen") + " /run/syncsvc/syncsvc.sock " + s.purge())
	if got := s.read("var/lib/syncsvc/www/life"); got != "state" {
		t.Errorf("the state that it uses is %q", got)
	}
}

// Where the service runs as another user, that can put anything into the state
// folder.
func TestRemovalWritesThroughNoLink(t *testing.T) {
	for name, planted := range map[string]string{
		"link": "ln -s %s /var/lib/syncsvc/.start-is-due", "pipe": "mkfifo /var/lib/syncsvc/.start-is-due",
	} {
		t.Run(name, func(t *testing.T) {
			s := newPurge(t)
			s.make = append(s.make, strings.ReplaceAll(planted, "%s", s.path("data/precious")))
			s.run("timeout 20 " + script(t, "../deb/postrm") + "remove")
			if got := s.read("data/precious"); got != "a module's source" {
				t.Errorf("the file is %q", got)
			}
		})
	}
}

func TestRemovalWithAReadOnlyStateFolder(t *testing.T) {
	s := newPurge(t)
	s.make = append(s.make, "rm -r /var/lib/syncsvc", "mount -o remount,bind,ro /var/lib")
	s.run(script(t, "../deb/postrm") + "remove")
}
