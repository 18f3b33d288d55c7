package instance_test

import (
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"testing"

	"github.com/syncsvc/syncsvc/rsync/rsyncd"
)

// TestRsyncRunsAsAnotherUserAndReadsEverything: neither a source nor a password
// file that only root may read is in its way, and it owns nothing else.
func TestRsyncRunsAsAnotherUserAndReadsEverything(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root can start processes as somebody else")
	}
	nobody, err := user.Lookup("nobody")
	if err != nil {
		t.Skip(err)
	}
	m := newMirror(t, 1)
	m.must(os.Chmod(filepath.Dir(m.dir), 0o755)) // made for root alone, and the program has to be found
	dir := filepath.Join(m.dir, "secret")
	m.mkdir(dir)
	d, err := rsyncd.Start(rsyncd.Options{Dir: dir, Modules: []rsyncd.Module{{
		Name: "m0", Path: m.targets[0], AuthUsers: map[string]string{"bob": "word"},
	}}})
	m.must(err)
	t.Cleanup(d.Stop)
	password, report, program := filepath.Join(m.dir, "password"), filepath.Join(m.dir, "report"), filepath.Join(m.dir, "rsync")
	m.must(os.WriteFile(password, []byte("word\n"), 0o600))
	m.must(os.WriteFile(report, nil, 0o666))
	m.must(os.Chmod(report, 0o666))
	m.program(program, "#!/bin/sh\ngrep -E '^(Uid|CapEff)' /proc/self/status >> "+report+
		"; echo $HOME >> "+report+"\nexec rsync \"$@\"\n")
	m.urls = []string{strings.Replace(d.URL("m0"), "//", "//bob@", 1)}
	m.options = []string{"password_file: " + password, "user: nobody", "rsync: {program: " + program + "}"}
	m.put("private/f", "1")
	m.must(os.Chmod(m.src("private/f"), 0o600))
	m.must(os.Chmod(m.src("private"), 0o700))
	m.must(os.Chmod(m.source, 0o700))
	m.start().settled()
	m.put("private/g", "2")
	m.must(os.Chmod(m.src("private/g"), 0o600))
	m.must(os.RemoveAll(m.src("private/f")))
	m.settled()
	text, err := os.ReadFile(report)
	m.must(err)
	for _, want := range []string{"Uid:\t" + nobody.Uid + "\t" + nobody.Uid, "CapEff:\t0000000000000004\n", nobody.HomeDir + "\n"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("rsync ran as\n%s\nwithout %q", text, want)
		}
	}
	if strings.Contains(string(text), "Uid:\t0") {
		t.Errorf("rsync ran as root:\n%s", text)
	}
	m.stop()
}

func TestUnknownUserIsToldAtTheStart(t *testing.T) {
	t.Parallel()
	m := newMirror(t, 1, "user: no-such-user")
	m.write()
	cmd := m.command()
	out, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "no-such-user") {
		t.Errorf("%v: %s", err, out)
	}
}
