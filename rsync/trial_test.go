package rsync

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/syncsvc/syncsvc/rsync/rsyncd"
)

func (w *world) try(t Target) Trial {
	w.Helper()
	return w.runner.Try(context.Background(), t, true)
}

func TestTrialLeavesNothingAndTouchesNothing(t *testing.T) {
	t.Parallel()
	for name, target := range map[string]func(*world) Target{
		"daemon": (*world).target, "ssh": (*world).sshTarget, "local": (*world).local,
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.put("precious=1", "d/too=2")
			w.must(os.Chmod(w.dst, 0o751))
			got := w.try(target(w))
			if got.Class != Done || got.Missing || got.Left != "" || !got.Told || got.Ahead.Abs() > 2*time.Second {
				t.Errorf("%+v", got)
			}
			w.holds("d/", "d/too", "precious")
			if info, err := os.Stat(w.dst); err != nil || info.Mode().Perm() != 0o751 {
				t.Errorf("mode of the folder: %v, %v", info.Mode(), err)
			}
		})
	}
}

func TestTrialOfAFolderThatIsNotThereYet(t *testing.T) {
	t.Parallel()
	for name, target := range map[string]func(*world) Target{
		"daemon": (*world).target, "ssh": (*world).sshTarget, "local": (*world).local,
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			to := target(w)
			folder := to.Path
			to.Path = joined(to.Path, "not/yet")
			if to.Kind != Daemon {
				to.Path = "/" + to.Path
			}
			got := w.try(to)
			if got.Class != Done || !got.Missing || got.Folder != folder || got.Left != "" {
				t.Errorf("%+v", got)
			}
			w.holds()
		})
	}
}

func TestTrialWhereNothingCanBeReadBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "write only = yes")
	got := w.try(w.target())
	if got.Class != Done || got.Told || got.Left != "" {
		t.Errorf("%+v", got)
	}
	w.holds()
}

func TestTrialWhereNothingMayBeDeleted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "refuse options = delete")
	got := w.try(w.target())
	if got.Class != Refused || !strings.Contains(got.Reason, "refuse --delete") {
		t.Errorf("%+v", got)
	}
	w.holds()
	got = w.runner.Try(context.Background(), w.target(), false)
	if got.Class != Done || got.Left == "" {
		t.Errorf("a mirror that does not delete: %+v", got)
	}
	w.holds(got.Left)
}

func TestTrialOfTargetsThatRefuse(t *testing.T) {
	t.Parallel()
	needRoot(t)
	w := newWorld(t)
	d := serve(
		t,
		rsyncd.Module{Name: "ro", Path: w.dst, ReadOnly: true},
		rsyncd.Module{Name: "nobody", Path: w.dst, Extra: mapped},
		rsyncd.Module{Name: "auth", Path: w.dst, AuthUsers: map[string]string{"bob": "word"}},
	)
	for module, says := range map[string]string{
		"ro": "read only", "nobody": "Permission denied", "auth": "auth failed", "none": "Unknown module",
	} {
		got := w.try(daemonTarget(d, module))
		if got.Class == Done || got.Left != "" || !strings.Contains(got.Reason, says) || got.Hint == "" {
			t.Errorf("%s: %+v", module, got)
		}
	}
	w.holds()
}

func TestUnpatternedFoldersOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	target := w.target()
	target.Path = "wild*"
	w.put("wild*/", "wildcard/")
	if got := w.try(target); got.Class != Unknown || !strings.Contains(got.Reason, "pattern") {
		t.Errorf("%+v", got)
	}
	w.holds("wild*/", "wildcard/")
}

// The daemon is frozen while the file is on its way; whoever asked gives up.
func TestInterruptedTrialCleansUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, cancel := context.WithCancel(context.Background())
	p := probeFile{runner: w.runner, folder: t.TempDir(), name: ".syncsvc-probe-X"}
	w.must(p.make())
	if r := p.write(ctx, w.target()); r.Class != Done {
		t.Fatalf("%+v", r)
	}
	w.holds(p.name)
	cancel()
	if _, _, left := p.fetch(ctx, w.target(), time.Now(), time.Now()); left != "" {
		t.Errorf("left %s", left)
	}
	w.holds()
}

func TestClockOfTheTargetIsTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := probeFile{runner: w.runner, folder: t.TempDir(), name: ".syncsvc-probe-X"}
	w.must(p.make())
	w.put(p.name + "=x")
	past := time.Now().Add(-time.Hour)
	w.must(os.Chtimes(filepath.Join(w.dst, p.name), past, past))
	ahead, told, left := p.fetch(context.Background(), w.target(), time.Now(), time.Now())
	if !told || left != "" || ahead > -59*time.Minute || ahead < -61*time.Minute {
		t.Errorf("ahead %s, told %t, left %q", ahead, told, left)
	}
}

func TestOnlyTheWayIsTakenFromTheArguments(t *testing.T) {
	got := reachArgs(Target{Args: []string{"-aH4", "--chown=a:b", "--rsync-path=/x/rsync", "-M--fake-super", "--max-size", "1k", "--port=9"}})
	if diff := cmp.Diff([]string{"--rsync-path=/x/rsync", "-M--fake-super", "--port=9"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestRemoteVersionAndSpace(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := context.Background()
	overSSH := w.sshTarget()
	overSSH.Path += "/it's/not there"
	elsewhere := w.local()
	elsewhere.Path += "/not/there"
	for _, target := range []Target{overSSH, elsewhere} {
		if r, err := RemoteVersion(ctx, target); err != nil || !r.AtLeast(3, 1, 0) {
			t.Errorf("%s: version %s, %v", target, r, err)
		}
		if s, err := SpaceLeft(ctx, target); err != nil || s.Bytes <= 0 || s.Files == 0 {
			t.Errorf("%s: %+v, %v", target, s, err)
		}
	}
	daemon := w.target()
	if _, err := RemoteVersion(ctx, daemon); !errors.Is(err, ErrUntold) {
		t.Error(err)
	}
	if _, err := SpaceLeft(ctx, daemon); !errors.Is(err, ErrUntold) {
		t.Error(err)
	}
	if n, err := Protocol(ctx, daemon); err != nil || n < 31 {
		t.Errorf("protocol %d, %v", n, err)
	}
	overSSH.SSH.KnownHosts = "/dev/null"
	if _, err := RemoteVersion(ctx, overSSH); err == nil || !strings.Contains(err.Error(), "Host key verification failed") {
		t.Error(err)
	}
}

func TestOutputOfDF(t *testing.T) {
	for out, want := range map[string]Space{
		"F 1024-blocks U A C M\nx 10 4 6 40% /\nF I U F U M\nx 10 4 5 40% /\n": {6144, 5},
		"F 1024-blocks U A C M\nx 10 4 6 40% /\nF I U F U M\nx - - - - /\n":    {6144, -1},
	} {
		if got, err := parseDF(out); err != nil || got != want {
			t.Errorf("%q: %+v, %v", out, got, err)
		}
	}
	for _, out := range []string{"", "a\nb\nc\nd", strings.Repeat("x\n", 9)} {
		if _, err := parseDF(out); err == nil {
			t.Errorf("%q was understood", out)
		}
	}
}
