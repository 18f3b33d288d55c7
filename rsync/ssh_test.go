package rsync

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/syncsvc/syncsvc/rsync/sshd"
)

// sshTarget is the world's target folder over a real ssh server.
func (w *world) sshTarget() Target {
	w.Helper()
	// The worst folder there is: it ends up in options that ssh parses.
	dir := filepath.Join(w.TempDir(), `it's "a" 100%h \folder`)
	w.must(os.Mkdir(dir, 0o700))
	s, err := sshd.Start(w.TempDir())
	w.must(err)
	w.Cleanup(s.Stop)
	id, known := filepath.Join(dir, "i d"), filepath.Join(dir, "known hosts")
	w.must(os.Rename(s.IdentityFile, id))
	w.must(os.Rename(s.KnownHosts, known))
	return Target{
		Kind: SSH, User: s.User, Host: s.Host, Port: s.Port, Path: w.dst,
		SSH:     Shell{IdentityFile: id, KnownHosts: known},
		Timeout: 2 * time.Minute, ConnectTimeout: time.Minute,
	}
}

func TestOverSSH(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	target := w.sshTarget()
	w.write("a=1", "d/b=2")
	w.put("d/stale=x", "gone=x")
	r := w.run(target, w.flat("a", "d/", "gone"), Done)
	w.holds("a", "d/", "d/b")
	if r.Deleted != 2 || r.Sent != 2 || r.BytesSent == 0 {
		t.Errorf("%+v", r)
	}
}

// oddNames are names that some shell, option parser or pattern would mistake.
func oddNames() []string {
	names := []string{"wild*", "new\nline", `b\*`, "--x", "$(touch x)`id`", "q'u\"o"}
	if os.Getenv("SYNCSVC_LONG") == "" {
		return names
	}
	return append(names, "a b", `back\sl`, "[x]", "\xff\xfe", "-x", "~", "a;b&c|d>e", "{a,b}", "tr ", "a:b", "%41", "?", "#x", "!", "é")
}

func TestTargetFoldersOfAnyName(t *testing.T) {
	t.Parallel()
	for _, kind := range []Kind{Daemon, SSH, Local} {
		t.Run(kind.String(), func(t *testing.T) {
			w := newWorld(t)
			target := w.target()
			switch kind {
			case SSH:
				target = w.sshTarget()
			case Local:
				target = w.local()
			}
			w.put("wildcard/precious=1", "b*/precious=1")
			want := []string{"b*/", "b*/precious", "wildcard/", "wildcard/precious"}
			names := oddNames()
			if kind == SSH && os.Getenv("SYNCSVC_LONG") == "" {
				names = names[:3]
			}
			for _, name := range names {
				w.write(name + "/in/f=1")
				j := w.tree("./")
				j.Base = name + "/in"
				w.run(target, j, Done)
				want = append(want, name+"/", name+"/in/", name+"/in/f")
			}
			got := entries(t, w.dst)
			slices.Sort(want)
			slices.Sort(got)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("on the target (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTargetPathIsNeverTakenForAPattern(t *testing.T) {
	t.Parallel()
	for _, kind := range []Kind{Daemon, SSH} {
		t.Run(kind.String(), func(t *testing.T) {
			w := newWorld(t)
			target := w.target()
			if kind == SSH {
				target = w.sshTarget()
			}
			target.Path += "/wild*"
			w.write("f=1")
			w.put("wildcard/precious=1")
			w.run(target, w.tree("./"), Refused) // it cannot be made from here
			w.holds("wildcard/", "wildcard/precious")
			w.put("wild*/")
			w.run(target, w.tree("./"), Done)
			w.holds("wild*/", "wild*/f", "wildcard/", "wildcard/precious")
		})
	}
}

func TestMissingRemoteFolderIsMade(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	target := w.sshTarget()
	target.Path += "/not/there"
	w.write("f=1")
	w.run(target, w.flat("f"), Done)
	w.holds("not/", "not/there/", "not/there/f")
}

func TestFailuresOverSSHAreMappedBack(t *testing.T) {
	t.Parallel()
	needRoot(t)
	w := newWorld(t)
	target := w.sshTarget()
	w.write("f=1", "d/g=1")
	w.run(target, w.tree("./"), Done)
	w.freeze("f", "d/g")
	w.write("f=22", "d/g=22")
	w.wantFailed(w.run(target, w.flat("f", "d/g"), Partial), "d/g", "f")
}

func TestFolderRelativeToTheRemoteHome(t *testing.T) {
	needRoot(t)
	w := newWorld(t)
	target := w.sshTarget()
	home, err := os.UserHomeDir()
	w.must(err)
	target.Path, err = filepath.Rel(home, w.dst)
	w.must(err)
	w.write("f=1")
	w.run(target, w.flat("f"), Done)
	w.holds("f")
}

func TestRemoteDeletionLimit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.put("x=", "y=")
	j := w.flat("./")
	j.MaxDelete = 1
	if r := w.run(w.sshTarget(), j, Limit); r.Skipped != 1 {
		t.Errorf("held %d deletions, want 1", r.Skipped)
	}
}

func TestSSHThatFails(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.write("f=1")
	good, other := w.sshTarget(), w.sshTarget()
	known, err := os.ReadFile(other.SSH.KnownHosts)
	w.must(err)
	strange := filepath.Join(t.TempDir(), "known_hosts")
	port := func(t Target) []byte { return []byte(":" + strconv.Itoa(t.Port)) }
	w.must(os.WriteFile(strange, bytes.Replace(known, port(other), port(good), 1), 0o600))
	for name, c := range map[string]struct {
		spoil func(*Target)
		class Class
		says  string
	}{
		"unknown host key": {func(t *Target) { t.SSH.KnownHosts = "/dev/null" }, Refused, "Host key verification failed"},
		"another host key": {func(t *Target) { t.SSH.KnownHosts = strange }, Refused, "IDENTIFICATION HAS CHANGED"},
		"no such user":     {func(t *Target) { t.User = "nobody-of-that-name" }, Refused, "Permission denied"},
		"key not accepted": {func(t *Target) { t.SSH.IdentityFile = "/no/such/key" }, Refused, "Permission denied"},
		"refused":          {func(t *Target) { t.Port = 1 }, Away, "Connection refused"},
		"unknown host":     {func(t *Target) { t.Host = "no.such.host.invalid" }, Away, "Could not resolve hostname"},
		"bad option":       {func(t *Target) { t.SSH.Options = []string{"NoSuchThing=1"} }, Config, "Bad configuration option"},
		"no rsync there":   {func(t *Target) { t.Args = []string{"-a", "--rsync-path=/no/rsync"} }, Config, "No such file"},
		"noise at login":   {func(t *Target) { t.Args = []string{"-a", "--rsync-path=echo hello there; rsync"} }, Config, "is your shell clean"},
		"literal name":     {func(t *Target) { t.SSH.IdentityFile = "/${HOME}/key" }, Config, "literally"},
		"host like option": {func(t *Target) { t.Host = "-oProxyCommand=touch" }, Config, "option"},
		"black hole":       {func(h *Target) { h.Host, h.ConnectTimeout = blackHole(t), time.Second }, Away, "timed out"},
	} {
		t.Run(name, func(t *testing.T) {
			target := good
			c.spoil(&target)
			r := w.run(target, w.flat("f"), c.class)
			if !strings.Contains(r.Reason, c.says) || r.Hint == "" && r.Code >= 0 {
				t.Errorf("reason %q, hint %q, want %q\n%s", r.Reason, r.Hint, c.says, r.Stderr)
			}
		})
	}
}

func TestUsersSSHOptionsWin(t *testing.T) {
	w := newWorld(t)
	target := w.sshTarget()
	target.SSH.KnownHosts = ""
	target.SSH.Options = []string{"StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null"}
	w.write("f=1")
	r := w.run(target, w.flat("f"), Done)
	if !strings.Contains(r.Stderr, "Warning: Permanently added") {
		t.Errorf("ssh said %q", r.Stderr)
	}
}

func TestStoppingOverSSHLeavesNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	target := w.sshTarget()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	w.write("big=" + strings.Repeat("0123456789abcdef", 1<<20))
	target.BWLimit = 2 << 20
	j := w.flat("big")
	j.Progress = &Progress{}
	w.runner.patience.beat = 5 * time.Millisecond
	done := make(chan Result, 1)
	go func() { done <- w.runner.Run(ctx, target, j) }()
	eventually(t, "bytes to move", func() bool { return j.Progress.Bytes() > 1<<20 })
	cancel()
	if r := <-done; r.Class != Killed {
		t.Errorf("%s: %s, want killed", r.Class, r.Reason)
	}
	eventually(t, "the other side to end", func() bool { return len(running(w.dst)) == 0 })
	if diff := cmp.Diff([]string(nil), entries(t, w.dst)); diff != "" {
		t.Errorf("left on the target:\n%s", diff)
	}
}
