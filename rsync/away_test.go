package rsync

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/syncsvc/syncsvc/rsync/rsyncd"
)

// listener accepts connections and hands them to serve; with serve nil the
// kernel accepts them and nobody ever looks.
func listener(t *testing.T, serve func(net.Conn)) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for serve != nil {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			serve(conn)
			conn.Close()
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
	return l.Addr().(*net.TCPAddr).Port
}

func says(text string) func(net.Conn) {
	return func(conn net.Conn) {
		fmt.Fprint(conn, text)
		_, _ = conn.Read(make([]byte, 1000))
	}
}

// blackHole is an address of this machine that answers nothing.
func blackHole(t *testing.T) string {
	t.Helper()
	needRoot(t)
	const address = "127.77.77.77"
	rule := []string{"OUTPUT", "-w", "-p", "tcp", "-d", address, "-j", "DROP"}
	if out, err := exec.Command("iptables", append([]string{"-A"}, rule...)...).CombinedOutput(); err != nil {
		t.Skipf("no iptables here: %s", out)
	}
	t.Cleanup(func() { _ = exec.Command("iptables", append([]string{"-D"}, rule...)...).Run() })
	return address
}

func TestAwayTargets(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.write("f=1")
	short := w.target()
	short.Timeout, short.ConnectTimeout = time.Second, time.Second
	hung, hole := short, short
	refused, nowhere, stranger := w.target(), w.target(), w.target()
	refused.Port = 1
	hung.Port = listener(t, nil)
	hole.Host = blackHole(t)
	nowhere.Host = "no.such.host.invalid"
	stranger.Port = listener(t, says("HTTP/1.0 400 no\r\n\r\n"))
	for name, c := range map[string]struct {
		target Target
		class  Class
		says   string
	}{
		"connection refused":   {refused, Away, "Connection refused"},
		"accepts, says naught": {hung, Away, "timeout"},
		"black hole":           {hole, Away, "connect timeout"},
		"unknown host":         {nowhere, Away, "Name or service not known"},
		"not a daemon":         {stranger, Refused, "rather than greeting"},
	} {
		t.Run(name, func(t *testing.T) {
			r := w.run(c.target, w.flat("f"), c.class)
			if !strings.Contains(r.Reason, c.says) || r.Hint == "" {
				t.Errorf("reason %q, hint %q, want something with %q", r.Reason, r.Hint, c.says)
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.write("f=1")
	users := map[string]string{"bob": "right"}
	shut := t.TempDir()
	w.must(os.Chmod(shut, 0o755))
	leaky := filepath.Join(t.TempDir(), "secrets")
	w.must(os.WriteFile(leaky, []byte("bob:right\n"), 0o644))
	d := serve(
		t,
		rsyncd.Module{Name: "ro", Path: w.dst, ReadOnly: true},
		rsyncd.Module{Name: "auth", Path: w.dst, AuthUsers: users},
		rsyncd.Module{Name: "denied", Path: w.dst, Extra: []string{"hosts deny = *"}},
		rsyncd.Module{Name: "nowhere", Path: "/no/such/folder", Extra: []string{"use chroot = no"}},
		rsyncd.Module{Name: "nochroot", Path: "/no/such/folder", Extra: []string{"use chroot = yes"}},
		rsyncd.Module{Name: "nodelete", Path: w.dst, Extra: []string{"refuse options = delete"}},
		rsyncd.Module{Name: "file", Path: w.dst},
		rsyncd.Module{Name: "uid", Path: w.dst, Extra: []string{"uid = no-such-user"}},
		rsyncd.Module{Name: "gid", Path: w.dst, Extra: []string{"gid = no-such-group"}},
		rsyncd.Module{Name: "leaky", Path: w.dst, Extra: []string{"auth users = bob", "secrets file = " + leaky}},
		rsyncd.Module{Name: "shut", Path: shut, Extra: mapped},
	)
	w.put("file=x")
	wrong, right := filepath.Join(t.TempDir(), "wrong"), filepath.Join(t.TempDir(), "right")
	w.must(os.WriteFile(wrong, []byte("wrong\n"), 0o600))
	w.must(os.WriteFile(right, []byte("right\n"), 0o600))
	open := filepath.Join(t.TempDir(), "open")
	w.must(os.WriteFile(open, []byte("right\n"), 0o644))
	for name, c := range map[string]struct {
		module, user, passwords, path string
		class                         Class
		says                          string
	}{
		"read only":             {module: "ro", class: Refused, says: "module is read only"},
		"no password":           {module: "auth", user: "bob", class: Refused, says: "auth failed"},
		"wrong password":        {module: "auth", user: "bob", passwords: wrong, class: Refused, says: "auth failed"},
		"right password":        {module: "auth", user: "bob", passwords: right, class: Done},
		"world readable secret": {module: "auth", user: "bob", passwords: open, class: Config, says: "password file"},
		"no secret":             {module: "auth", user: "bob", passwords: "/no/such", class: Config, says: "password file"},
		"unknown module":        {module: "none", class: Refused, says: "Unknown module"},
		"hosts deny":            {module: "denied", class: Refused, says: "access denied"},
		"module without folder": {module: "nowhere", class: Refused, says: "chdir failed"},
		"nowhere to chroot":     {module: "nochroot", class: Refused, says: "chroot failed"},
		"deletion refused":      {module: "nodelete", class: Refused, says: "refuse --delete"},
		"folder is a file":      {module: "file", path: "file", class: Refused, says: "cannot stat destination"},
		"unknown uid":           {module: "uid", class: Refused, says: "invalid uid"},
		"unknown gid":           {module: "gid", class: Refused, says: "invalid gid"},
		"secrets for all":       {module: "leaky", user: "bob", passwords: right, class: Refused, says: "auth failed"},
		"may not write":         {module: "shut", class: Partial, says: "Permission denied"},
		"may not make a folder": {module: "shut", path: "new/folder", class: Refused, says: "Permission denied"},
	} {
		t.Run(name, func(t *testing.T) {
			target := daemonTarget(d, c.module)
			target.User, target.PasswordFile, target.Path = c.user, c.passwords, c.path
			r := w.run(target, w.flat("f"), c.class)
			if !strings.Contains(r.Reason, c.says) || (r.Hint == "") != (c.class == Done) {
				t.Errorf("reason %q, hint %q, want %q\n%s", r.Reason, r.Hint, c.says, r.Stderr)
			}
		})
	}
}

func TestMaxConnections(t *testing.T) {
	w := newWorld(t, "max connections = 1")
	w.write("f=1")
	conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", w.daemon.Port))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprint(conn, "@RSYNCD: 31.0\nm\n")
	greeted := make([]byte, 1000)
	for !bytes.Contains(greeted, []byte("@RSYNCD: OK")) { // now it holds the only place
		n, err := conn.Read(greeted[:cap(greeted)])
		if err != nil {
			t.Fatal(err)
		}
		greeted = greeted[:n]
	}
	r := w.run(w.target(), w.flat("f"), Refused)
	if !strings.Contains(r.Reason, "max connections (1) reached") || r.Hint == "" {
		t.Errorf("reason %q, hint %q", r.Reason, r.Hint)
	}
}

func TestDaemonOnIPv6(t *testing.T) {
	w := newWorld(t)
	w.write("f=1")
	d, err := rsyncd.Start(rsyncd.Options{Dir: t.TempDir(), Address: "::1", Modules: []rsyncd.Module{{Name: "m", Path: w.dst}}})
	if err != nil {
		t.Skipf("no IPv6 here: %v", err)
	}
	t.Cleanup(d.Kill)
	target := daemonTarget(d, "m")
	target.Host = "::1"
	if err := Probe(t.Context(), target); err != nil {
		t.Error(err)
	}
	w.run(target, w.flat("f"), Done)
	w.holds("f")
}

// midway runs a job slowly and calls act once it moves bytes.
func (w *world) midway(ctx context.Context, t Target, act func()) Result {
	w.Helper()
	w.write("big=" + strings.Repeat("0123456789abcdef", 1<<20))
	t.BWLimit = 2 << 20
	j := w.flat("big")
	j.Progress = &Progress{}
	w.runner.patience.beat = 5 * time.Millisecond
	done := make(chan Result, 1)
	go func() { done <- w.runner.Run(ctx, t, j) }()
	eventually(w, "bytes to move", func() bool { return j.Progress.Bytes() > 2<<20 })
	act()
	return <-done
}

func TestDaemonKilledInMidTransfer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.midway(t.Context(), w.target(), w.daemon.Kill)
	if r.Class != Away || r.Class.Named() {
		t.Errorf("%s: %s, want away", r.Class, r.Reason)
	}
	w.must(w.daemon.Restart())
	w.run(w.target(), w.flat("big"), Done)
}

func TestPartOfAFileIsKeptAndNotMirrored(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	target := w.target()
	target.PartialDir = ".part"
	ctx, cancel := context.WithCancel(t.Context())
	w.midway(ctx, target, cancel)
	eventually(t, "the part to be put away", func() bool {
		_, err := os.Stat(filepath.Join(w.dst, ".part/big"))
		return err == nil
	})
	w.holds(".part/", ".part/big")
	w.write("other=1")
	j := w.tree("./")
	j.Filters = []string{"--filter=- /big"}
	w.run(target, j, Done) // deletes nothing of it
	w.holds(".part/", ".part/big", "other")
	if r := w.run(target, w.flat("big"), Done); r.BytesSent >= 16<<20 {
		t.Errorf("%d bytes sent, want only the rest", r.BytesSent)
	}
}

func TestDaemonStoppedInMidTransfer(t *testing.T) {
	w := newWorld(t)
	if r := w.midway(t.Context(), w.target(), w.daemon.Stop); r.Class != Away {
		t.Errorf("%s: %s, want away", r.Class, r.Reason)
	}
}

func TestDaemonHangsInMidTransfer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	target := w.target()
	target.Timeout = time.Second
	r := w.midway(t.Context(), target, w.daemon.Pause)
	if r.Class != Away {
		t.Errorf("%s: %s, want away", r.Class, r.Reason)
	}
	w.daemon.Resume()
	w.run(w.target(), w.flat("big"), Done)
}

func TestProgramThatIsNoRsync(t *testing.T) {
	w := newWorld(t)
	w.write("f=1")
	for program, want := range map[string]Class{"/no/such/rsync": Config, "true": Unknown, "false": Config} {
		target := w.target()
		target.Program = program
		w.run(target, w.flat("f"), want)
	}
}

func TestMissingTargetFolderIsMade(t *testing.T) {
	for _, kind := range []Kind{Daemon, Local} {
		t.Run(kind.String(), func(t *testing.T) {
			w := newWorld(t)
			w.write("d/f=1", "g=1")
			target := w.target()
			target.Path = "not/there/yet"
			if kind == Local {
				target = Target{Kind: Local, Path: filepath.Join(w.dst, "not/there/yet")}
			}
			r := w.run(target, w.flat("g"), Done)
			if len(r.NewDirs) == 0 || r.NewDirs[0] != "." {
				t.Errorf("new folders %q, want the root among them", r.NewDirs)
			}
			w.holds("not/", "not/there/", "not/there/yet/", "not/there/yet/g")
		})
	}
}

func TestSourceThatIsGone(t *testing.T) {
	w := newWorld(t)
	w.put("precious=1")
	dir, err := os.Open(w.src)
	w.must(err)
	defer dir.Close()
	w.must(os.Remove(w.src))
	j := w.tree("./")
	w.run(w.target(), j, Source)
	j.Dir = through(dir) // still open, but deleted
	w.run(w.target(), j, Source)
	w.holds("precious")
}

func TestSourceReplacedAfterTheCheckIsNotMirrored(t *testing.T) {
	w := newWorld(t)
	w.write("real=1")
	w.put("stale=x")
	dir, err := os.Open(w.src)
	w.must(err)
	defer dir.Close()
	w.must(os.Rename(w.src, w.src+".moved"))
	w.must(os.Mkdir(w.src, 0o755)) // an empty one in its place
	j := w.tree("./")
	j.Dir = through(dir)
	w.run(w.target(), j, Done)
	w.holds("real")
}
