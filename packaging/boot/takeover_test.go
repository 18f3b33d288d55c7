package boot_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// oldSersync is what has mirrored so far: it takes what sersync takes, and sends
// the folder again and again, with rsync.
const oldSersync = `#!/bin/sh
while sleep 0.3; do
	rsync -a --password-file=%s /srv/www/ %s
done </dev/null >/dev/null 2>&1 &
`

const confxml = `<?xml version="1.0" encoding="ISO-8859-1"?>
<head version="2.5">
    <host hostip="localhost" port="8008"></host>
    <debug start="false"/>
    <fileSystem xfs="false"/>
    <filter start="false"></filter>
    <inotify>
	<delete start="true"/>
	<createFolder start="true"/>
	<createFile start="false"/>
	<closeWrite start="true"/>
	<moveFrom start="true"/>
	<moveTo start="true"/>
	<attrib start="false"/>
	<modify start="false"/>
    </inotify>
    <sersync>
	<localpath watch="/srv/www">
	    <remote ip="%s" name="www"/>
	</localpath>
	<rsync>
	    <commonParams params="-artuz"/>
	    <auth start="true" users="%s" passwordfile="%s"/>
	    <userDefinedPort start="false" port="874"/>
	    <timeout start="false" time="100"/>
	    <ssh start="false"/>
	</rsync>
    </sersync>
</head>
`

const rcLocal = `#!/bin/sh -e
# what this machine has always done
%s -d -r -o /usr/local/sersync/confxml.xml
exit 0
`

// A machine that mirrors by a line in rc.local is told so by the package, and
// moves over when its operator says so. Later versions of systemd are about to
// do without rc.local.
func TestTakeoverFromRcLocal(t *testing.T) {
	t.Parallel()
	pkg := deb(t)
	const old = "/usr/local/sersync/sersync2"
	s := newSender(boot(t, "bookworm"))
	s.script(old, fmt.Sprintf(oldSersync, passwordFile, s.receiver.url("www")))
	s.setUpSersync(old)
	s.reboot()
	s.write("/srv/www/by-the-old", "one\n")
	s.arrives("www/by-the-old")

	said := s.install(pkg)
	for _, want := range []string{"/etc/rc.local", "sersync2 -d -r -o", "syncsvc service takeover"} {
		if !strings.Contains(said, want) {
			t.Errorf("the installation does not tell of %q:\n%s", want, said)
		}
	}
	if got := s.read("/etc/rc.local"); got != fmt.Sprintf(rcLocal, old) {
		t.Errorf("the installation touched rc.local:\n%s", got)
	}
	if !s.mirroredBy(old) {
		t.Error("the installation ended the old mirror")
	}
	s.moveOver(old)
}

// The program itself does what sersync did, by its name, also without being
// moved over.
func TestSersyncByItsNameFromRcLocal(t *testing.T) {
	t.Parallel()
	pkg := deb(t)
	const ours = "/usr/bin/sersync2"
	s := newSender(boot(t, "bookworm"))
	s.install(pkg)
	s.setUpSersync(ours)
	s.reboot()
	s.arrives("www/first")
	s.write("/srv/www/by-its-name", "one\n")
	s.arrives("www/by-its-name")
	s.moveOver(ours)
}

// setUpSersync has a machine start sersync at boot as its manual said.
func (s *sender) setUpSersync(program string) {
	s.t.Helper()
	s.write("/usr/local/sersync/confxml.xml", fmt.Sprintf(confxml, receiverAddress, receiverUser, passwordFile))
	s.script("/etc/rc.local", fmt.Sprintf(rcLocal, program))
}

// script writes a program that can be run.
func (s *sender) script(inside, text string) {
	s.t.Helper()
	s.write(inside, text)
	if err := os.Chmod(s.path(inside), 0o755); err != nil {
		s.t.Fatal(err)
	}
}

// moveOver makes a module of what sersync did, and checks that after a reboot
// the module mirrors and nothing else does.
func (s *sender) moveOver(old string) {
	s.t.Helper()
	s.run("syncsvc", "import", "/usr/local/sersync/confxml.xml", "--name", "www")
	s.run("syncsvc", "service", "takeover", "--yes")
	s.reboot()
	s.write("/srv/www/by-the-new", "two\n")
	s.arrives("www/by-the-new")

	lines := strings.Split(s.read("/etc/rc.local"), "\n")
	if slices.ContainsFunc(lines, func(line string) bool { return strings.HasPrefix(line, old) }) || !slices.Contains(lines, "exit 0") {
		s.t.Errorf("rc.local after the takeover:\n%s", strings.Join(lines, "\n"))
	}
	if s.mirroredBy(old) {
		s.t.Errorf("%s mirrors too", old)
	}
	o := s.overview()
	if len(o.Modules) != 1 || o.Modules[0].Status == nil || o.Modules[0].Status.Watch != "/srv/www" {
		s.t.Fatalf("modules after the takeover: %+v", o.Modules)
	}
	if err := s.noStrangers(pids{"": o.Pid, "www": o.Modules[0].Pid}); err != nil {
		s.t.Error(err)
	}
}

// mirroredBy says whether a program mirrors that is not the service.
func (s *sender) mirroredBy(program string) bool {
	_, err := s.try("pgrep", "--full", program+" -d")
	return err == nil
}
