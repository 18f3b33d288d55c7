package service

import (
	"os"
	"path/filepath"
	"testing"
)

// Every package manager is asked in words of its own, and answers in its own.
func TestOwnerIsFoundByEachPackageManager(t *testing.T) {
	for _, m := range []struct{ tool, program, database, script string }{
		{"dpkg", "dpkg-query", "/var/lib/dpkg", `[ "$2 $3" = "--search /usr/lib/x" ] && echo "syncsvc: $3"`},
		{"rpm", "rpm", "/var/lib/rpm", `[ "$3 $4 $5 $7" = "--query --file --queryformat /usr/lib/x" ] && [ "$6" = '%{name}
' ] && echo syncsvc`},
		{"apk", "apk", "/lib/apk/db", `[ "$3 $4 $5 $6" = "info --quiet --who-owns /usr/lib/x" ] && echo syncsvc`},
	} {
		t.Run(m.tool, func(t *testing.T) {
			tools, root := t.TempDir(), t.TempDir()
			t.Setenv("PATH", tools+":/usr/bin:/bin")
			if err := os.WriteFile(filepath.Join(tools, m.program), []byte("#!/bin/sh\n"+m.script+"\n"), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.MkdirAll(filepath.Join(root, m.database), 0o755); err != nil {
				t.Fatal(err)
			}
			opt := packaged(Systemd)
			opt.Root = root
			name, tool := newService(t, opt).owner(t.Context(), "/usr/lib/x")
			if name != "syncsvc" || tool != m.tool {
				t.Errorf("%q is the owner, says %q", name, tool)
			}
		})
	}
}
