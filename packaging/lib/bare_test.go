package lib_test

import (
	"strings"
	"testing"
)

// newBare is a sandbox with a program that somebody installed by hand, and the
// unit that "syncsvc service install" has written for it.
func newBare(t *testing.T, execStart string) *sandbox {
	s := newPurge(t)
	s.write("run/my 100% tools/syncsvc", "#!/bin/sh\n")
	s.write("run/bin/syncsvc", "#!/bin/sh\n")
	s.write("etc/systemd/system/syncsvc.service", "[Service]\nExecStartPre=/bin/true\nExecStart="+execStart+"\n")
	return s
}

func TestBareProgramIsRecognised(t *testing.T) {
	for name, c := range map[string]struct{ execStart, want string }{
		"plain":       {`/run/bin/syncsvc run $SYNCSVC_OPTS`, "/run/bin/syncsvc"},
		"prefix":      {`-/run/bin/syncsvc run`, "/run/bin/syncsvc"},
		"quoted":      {`"/run/my 100%% tools/syncsvc" run --run-dir "/run/a b"`, "/run/my 100% tools/syncsvc"},
		"the package": {`/usr/bin/syncsvc run`, ""},
		"gone":        {`/run/gone/syncsvc run`, ""},
		"empty":       {``, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := newBare(t, c.execStart)
			if got := strings.TrimSpace(s.run(script(t, "bare-program"))); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
			s.run(s.purge())
			if c.want == "" {
				s.gone("var/lib/syncsvc", "etc/systemd/system/syncsvc.service")
			} else if s.read("var/lib/syncsvc/www/life") != "state" {
				t.Error("a purge takes the state that it uses")
			}
		})
	}
}
