package boot_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// oldSersync is what has mirrored so far: it takes what sersync takes, and sends
// the folder again and again, with rsync.
const oldSersync = `#!/bin/sh
while sleep 0.3; do
	rsync -a --password-file=%s /srv/www/ %s
done
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
/usr/local/sersync/sersync2 -d -r -o /usr/local/sersync/confxml.xml &
exit 0
`

// A machine that mirrors by a line in rc.local is told so by the package, and
// moves over when its operator says so.
func TestTakeoverFromRcLocal(t *testing.T) {
	t.Parallel()
	// Later versions of systemd are about to do without rc.local.
	s := newSender(boot(t, "bookworm"))
	s.setUpSersync()
	s.reboot()
	s.until("the old mirror to run", s.oldMirror)
	s.write("/srv/www/by-the-old", "one\n")
	s.arrives("www/by-the-old")

	said := s.install(deb(t))
	for _, want := range []string{"/etc/rc.local", "sersync2 -d -r -o", "syncsvc service takeover"} {
		if !strings.Contains(said, want) {
			t.Errorf("the installation does not tell of %q:\n%s", want, said)
		}
	}
	if got := s.read("/etc/rc.local"); got != rcLocal {
		t.Errorf("the installation touched rc.local:\n%s", got)
	}
	if err := s.oldMirror(); err != nil {
		t.Errorf("the installation ended the old mirror: %v", err)
	}

	s.run("syncsvc", "import", "/usr/local/sersync/confxml.xml", "--name", "www")
	s.run("syncsvc", "service", "takeover", "--yes")
	if got := s.read("/etc/rc.local"); strings.Contains(got, "\n/usr/local/sersync/sersync2") || !strings.Contains(got, "always done") {
		t.Errorf("rc.local after the takeover:\n%s", got)
	}
	s.reboot()
	s.write("/srv/www/by-the-new", "two\n")
	s.arrives("www/by-the-new")
	if err := s.oldMirror(); err == nil {
		t.Error("both mirror after the reboot")
	}
	if o := s.overview(); len(o.Modules) != 1 || o.Modules[0].Status.Watch != "/srv/www" {
		t.Errorf("modules after the takeover: %+v", o.Modules)
	}
}

func (s *sender) setUpSersync() {
	s.t.Helper()
	s.write("/usr/local/sersync/sersync2", fmt.Sprintf(oldSersync, passwordFile, s.receiver.url("www")))
	s.write("/usr/local/sersync/confxml.xml", fmt.Sprintf(confxml, receiverAddress, receiverUser, passwordFile))
	s.write("/etc/rc.local", rcLocal)
	for _, program := range []string{"/usr/local/sersync/sersync2", "/etc/rc.local"} {
		if err := os.Chmod(s.path(program), 0o755); err != nil {
			s.t.Fatal(err)
		}
	}
}

// oldMirror says what is missing for the script of before to be running.
func (s *sender) oldMirror() error {
	out, err := s.try("pgrep", "--full", "--list-full", "/usr/local/sersync/sersync2")
	if err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}
