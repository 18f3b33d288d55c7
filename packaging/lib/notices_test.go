package lib_test

import (
	"strings"
	"testing"
)

// newAdvised is a sandbox with a program that answers as "takeover --dry-run" does.
func newAdvised(t *testing.T, answer string) *sandbox {
	t.Helper()
	s := newCommands(t)
	s.write("program", "#!/bin/sh\n[ \"$*\" = 'service takeover --dry-run' ] && cat <<'E'\n"+answer+"E\n")
	s.write("units/other.service", "[Service]\n")
	s.cover("units", "/etc/systemd/system")
	s.make = append(s.make, "cp "+s.path("program")+" /usr/bin/syncsvc")
	return s
}

const nothingElse = "nothing else that mirrors is started at boot\n"

func TestFirstInstallationSaysHowToGoOn(t *testing.T) {
	s := newAdvised(t, nothingElse)
	out := s.run(script(t, "notices") + "first")
	if strings.Count(out, "\n") != 2 || !strings.Contains(out, "syncsvc add-module ") || !strings.Contains(out, "syncsvc check") {
		t.Errorf("it says\n%s", out)
	}
	if out := s.run(script(t, "notices")); out != "" {
		t.Errorf("there is nothing to say, and it says\n%s", out)
	}
}

func TestWhatMirrorsAlreadyIsPointedOut(t *testing.T) {
	s := newAdvised(t, `--- /etc/rc.local
+++ /etc/rc.local (new)
@@ -1,3 +1,3 @@
 #!/bin/sh
-/usr/local/sersync/sersync2 -d
+# taken over by syncsvc: /usr/local/sersync/sersync2 -d
/etc/rc3.d/S01lsyncd: starts lsyncd, by hand: service lsyncd stop
syncsvc: warning: pid 42 mirrors now: lsyncd /etc/lsyncd.lua
hint: two that mirror one folder undo each other's work
`)
	want := `syncsvc: something else that mirrors is set up here, and was not touched:
syncsvc:   /etc/rc.local:
syncsvc:     /usr/local/sersync/sersync2 -d
syncsvc:   /etc/rc3.d/S01lsyncd: starts lsyncd, by hand: service lsyncd stop
syncsvc:   pid 42 mirrors now: lsyncd /etc/lsyncd.lua
syncsvc: see what can be done about it: syncsvc service takeover --dry-run
syncsvc: take it out of rc.local:       syncsvc service takeover
`
	if got := s.run(script(t, "notices")); got != want {
		t.Errorf("it says\n%swant\n%s", got, want)
	}
}

func TestUnitThatHidesThePackagesIsPointedOut(t *testing.T) {
	s := newAdvised(t, nothingElse)
	s.write("units/syncsvc.service", "[Service]\nExecStart=/usr/local/bin/syncsvc run\n")
	if out := s.run(script(t, "notices")); !strings.Contains(out, "syncsvc service install --force") {
		t.Errorf("it says\n%s", out)
	}
}
