package lib_test

import (
	"strings"
	"testing"
)

// newCommands is a sandbox in which commands and alternatives can come and go.
// The program itself is there.
func newCommands(t *testing.T) *sandbox {
	t.Helper()
	s := newSandbox(t)
	s.make = append(s.make, "mkdir -p "+s.path("upper"), "mount -t tmpfs upper "+s.path("upper"))
	for name, folder := range map[string]string{"bin": "/usr/bin", "links": "/etc/alternatives", "choices": "/var/lib/dpkg/alternatives"} {
		upper := s.path("upper/" + name)
		s.make = append(s.make, "mkdir -p "+folder+" "+upper+" "+upper+".work",
			"mount -t overlay upper -o lowerdir="+folder+",upperdir="+upper+",workdir="+upper+".work "+folder)
	}
	s.make = append(s.make, "cp /bin/true /usr/bin/syncsvc")
	return s
}

// shown is where the names lead to.
const shown = `
for name in sersync sersync2; do
	[ -e /usr/bin/$name ] || [ -L /usr/bin/$name ] || continue
	echo "$name is $(readlink -m /usr/bin/$name)"
done`

func (s *sandbox) wantNames(got, want string) {
	s.t.Helper()
	if got != want {
		s.t.Errorf("got\n%swant\n%s", got, want)
	}
}

const ours = "sersync is /usr/bin/syncsvc\nsersync2 is /usr/bin/syncsvc\n"

func TestNamesComeAndGoWithThePackage(t *testing.T) {
	s := newCommands(t)
	names := script(t, "sersync-names")
	s.wantNames(s.run(names+"add", names+"add", shown), ours)
	s.wantNames(s.run(names+"add", names+"remove", names+"remove", shown), "")
}

func TestNamesWithoutUpdateAlternatives(t *testing.T) {
	s := newCommands(t)
	s.make = append(s.make, "rm -f /usr/bin/update-alternatives")
	names := script(t, "sersync-names")
	s.wantNames(s.run(names+"add", names+"add", shown), ours)
	s.wantNames(s.run(names+"add", names+"remove", shown), "")
}

// Somebody who runs sersync will not want to find another program in its place.
func TestSersyncItselfStays(t *testing.T) {
	s := newCommands(t)
	s.make = append(s.make, "echo sersync >/usr/bin/sersync", "ln -s /opt/sersync/sersync2 /usr/bin/sersync2")
	names := script(t, "sersync-names")
	out := s.run(names + "add")
	for _, name := range []string{"/usr/bin/sersync ", "/usr/bin/sersync2 "} {
		if !strings.Contains(out, name+"is not ours and stays") {
			t.Errorf("nothing is said of %s: %q", name, out)
		}
	}
	theirs := "sersync is /usr/bin/sersync\nsersync2 is /opt/sersync/sersync2\n"
	s.wantNames(s.run(names+"add >/dev/null", shown), theirs)
	s.wantNames(s.run(names+"add >/dev/null", names+"remove", shown), theirs)
}

// A package of sersync that is managed by alternatives as well comes first.
func TestPackageOfSersyncComesFirst(t *testing.T) {
	s := newCommands(t)
	s.make = append(s.make, "cp /bin/true /usr/bin/sersync.real",
		"update-alternatives --quiet --install /usr/bin/sersync sersync /usr/bin/sersync.real 50")
	names := script(t, "sersync-names")
	s.wantNames(s.run(names+"add", shown), "sersync is /usr/bin/sersync.real\nsersync2 is /usr/bin/syncsvc\n")
	s.wantNames(s.run(names+"add", names+"remove", shown), "sersync is /usr/bin/sersync.real\n")
}

// Started by rc.local, it would go on without a program and without a package.
func TestWhatRunsAsSersyncEndsWithThePackage(t *testing.T) {
	s := newCommands(t)
	s.make = append(s.make, "cp -f /bin/sleep /usr/bin/syncsvc", "cp /bin/sleep /usr/bin/rsyncish", "ln -s syncsvc /usr/bin/sersync2",
		"/usr/bin/sersync2 1000 & drop_in=$!", "/usr/bin/syncsvc 1000 & service=$!", "/usr/bin/rsyncish 1000 & other=$!",
		"trap 'kill $service $other $drop_in 2>/dev/null || :' EXIT",
		"until [ \"$(readlink /proc/$drop_in/exe)\" = /usr/bin/syncsvc ]; do :; done")
	out := s.run(script(t, "sersync-names")+"remove | sed \"s/$drop_in/PID/\"",
		"kill -0 $service && kill -0 $other && echo the others run",
		"wait $drop_in || echo ended with $?")
	if want := "syncsvc: stopping what runs as sersync: PID \nthe others run\nended with 143\n"; out != want {
		t.Errorf("got\n%s\nwant\n%s", out, want)
	}
}
