package watch

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/syncsvc/syncsvc/change"
)

func TestOverflowIsRepairedByAScan(t *testing.T) {
	var stalled sync.Mutex
	r := watched(t, Options{Root: mountDisk(t, "host"), Backend: Inotify, beforeRead: func() {
		stalled.Lock()
		defer stalled.Unlock()
	}})
	mkdir(t, r.path("moved"))
	mkdir(t, r.path("removed/sub"))
	r.settle()
	r.take()
	stalled.Lock()
	before := time.Now()
	flood(t, r.root)
	must(t, os.Rename(r.path("moved"), r.path("elsewhere")))
	must(t, os.RemoveAll(r.path("removed")))
	mkdir(t, r.path("unheard/of"))
	if h := r.w.Horizon(); h.After(before) {
		t.Errorf("horizon is %v after events that were not read", h.Sub(before))
	}
	stalled.Unlock()
	r.settle()
	scans := find(r.take(), change.Root)
	if len(scans) == 0 || scans[0].Scope != change.Scan || scans[0].Since.After(before) {
		t.Errorf("told of %v, want a scan since %v", scans, before)
	}
	if s := r.w.Status(); s.Overflows == 0 {
		t.Error("no overflow was counted")
	}
	r.scanned()
	write(t, r.path("elsewhere/f"), "1")
	write(t, r.path("unheard/of/f"), "1")
	r.settle()
	r.same()
	r.tableIsTrue()
}

// flood makes more events than the kernel's queue holds.
func flood(t *testing.T, root string) {
	t.Helper()
	write(t, filepath.Join(root, "a"), "")
	limit := sysctl("fs/inotify/max_queued_events")
	for i := range limit {
		must(t, os.Chmod(filepath.Join(root, "a"), os.FileMode(0o600+i%2)))
		must(t, os.Rename(filepath.Join(root, "a"), filepath.Join(root, "b")))
		must(t, os.Rename(filepath.Join(root, "b"), filepath.Join(root, "a")))
		if i*3 > limit {
			return
		}
	}
}

func TestStalledFanotifyLosesNothing(t *testing.T) {
	var stalled sync.Mutex
	r := watched(t, Options{Root: mountDisk(t, "host"), Backend: Fanotify, beforeRead: func() {
		stalled.Lock()
		defer stalled.Unlock()
	}})
	stalled.Lock()
	flood(t, r.root)
	deepAndWide(t, r.root, 5)
	stalled.Unlock()
	r.settle()
	r.same()
}

func TestOutOfWatchesTheRestIsPolled(t *testing.T) {
	if !inUserNamespace(t) {
		return
	}
	root := t.TempDir()
	for i := range 60 {
		mkdir(t, filepath.Join(root, fmt.Sprintf("d%02d/sub", i)))
	}
	setSysctl(t, "user/max_inotify_watches", "40")
	r := watched(t, Options{Root: root, PollEvery: 300 * time.Millisecond})
	s := r.w.Status()
	if s.Backend != Inotify || s.Folders != 40 || s.PolledCount == 0 || len(s.Polled) > mostListed {
		t.Errorf("status %+v", s)
	}
	if !strings.Contains(s.Why, "fanotify refused") {
		t.Errorf("why: %q", s.Why)
	}
	if !strings.Contains(s.LimitHint, "user.max_inotify_watches is 40 and at least 121 folders") {
		t.Errorf("hint: %q", s.LimitHint)
	}
	for i := range 60 {
		write(t, filepath.Join(root, fmt.Sprintf("d%02d/sub/f", i)), "1")
	}
	mkdir(t, r.path("d00/sub/more/of/it"))
	r.settle()
	r.same()
	setSysctl(t, "user/max_inotify_watches", "1000")
	until(t, "everything is watched", func() bool { return r.w.Status().PolledCount == 0 })
	for i := range 60 {
		write(t, filepath.Join(root, fmt.Sprintf("d%02d/sub/f", i)), "2")
	}
	r.settle()
	r.same()
	if s := r.w.Status(); s.LimitHint != "" || s.Folders != 124 {
		t.Errorf("status %+v", s)
	}
	r.tableIsTrue()
}

func TestNoInstanceLeftIsPolled(t *testing.T) {
	if !inUserNamespace(t) {
		return
	}
	setSysctl(t, "user/max_inotify_instances", "0")
	r := watched(t, Options{Root: t.TempDir(), PollEvery: 50 * time.Millisecond})
	s := r.w.Status()
	if s.Backend != Poll || !strings.Contains(s.Why, "fs.inotify.max_user_instances") {
		t.Errorf("status %+v", s)
	}
}

func TestManyFoldersAreLeftToFanotify(t *testing.T) {
	root := mountDisk(t, "host")
	deepAndWide(t, root, 10)
	r := watched(t, Options{Root: root, mostWatches: 20})
	s := r.w.Status()
	if s.Backend == Inotify && strings.Contains(s.Why, "refused") {
		t.Skip(s.Why)
	}
	if s.Backend != Fanotify || s.Folders != 0 {
		t.Errorf("status %+v", s)
	}
	write(t, r.path("chain7/d0/d1/d2/new"), "1")
	r.settle()
	r.same()
}

func TestManyFoldersStayWithInotifyWithoutPrivilege(t *testing.T) {
	if !inUserNamespace(t) {
		return
	}
	root := t.TempDir()
	deepAndWide(t, root, 10)
	r := watched(t, Options{Root: root, mostWatches: 20})
	if s := r.w.Status(); s.Backend != Inotify || s.Folders != 91 || !strings.Contains(s.Why, "fanotify refused") {
		t.Errorf("status %+v", s)
	}
	r.tableIsTrue()
}

func TestAskingForFanotifyWithoutPrivilegeGetsInotify(t *testing.T) {
	if !inUserNamespace(t) {
		return
	}
	w, err := Open(t.Context(), Options{Root: t.TempDir(), Backend: Fanotify})
	must(t, err)
	defer w.Close()
	if s := w.Status(); s.Backend != Inotify || !strings.Contains(s.Why, "fanotify refused: fanotify_") {
		t.Errorf("status %+v", s)
	}
}

func TestFanotifyTakesOverWhenWatchesRunOut(t *testing.T) {
	root := mountDisk(t, "host")
	r := opened(t, Options{Root: root})
	if err := probe(r.w.site); err != nil {
		_ = r.w.Close()
		t.Skipf("no fanotify here: %v", err)
	}
	r.w.src.(*inotify).exhausted = true
	r.run()
	r.settle()
	if got := find(r.take(), change.Root); len(got) != 2 {
		t.Errorf("told of %v, want a scan of what happened meanwhile too", got)
	}
	if s := r.w.Status(); s.Backend != Fanotify {
		t.Errorf("status %+v", s)
	}
	r.scanned()
	deepAndWide(t, root, 1)
	r.settle()
	r.same()
}

func TestOverlayIsWatchedByInotify(t *testing.T) {
	dir := t.TempDir()
	point := filepath.Join(dir, "merged")
	for _, name := range []string{"lower/d", "upper", "work", "merged"} {
		mkdir(t, filepath.Join(dir, name))
	}
	mountAt(t, "tmpfs", "tmpfs", filepath.Join(dir, "upper"))
	mkdir(t, filepath.Join(dir, "upper", "u"))
	mkdir(t, filepath.Join(dir, "upper", "w"))
	options := fmt.Sprintf("lowerdir=%s/lower,upperdir=%s/upper/u,workdir=%s/upper/w", dir, dir, dir)
	if err := unix.Mount("overlay", point, "overlay", 0, options); err != nil {
		t.Skipf("cannot mount overlay here: %v", err)
	}
	t.Cleanup(func() { _ = unix.Unmount(point, unix.MNT_DETACH) })
	r := watched(t, Options{Root: realPath(t, point), mostWatches: 1})
	if s := r.w.Status(); s.Backend != Inotify {
		t.Errorf("status %+v", s)
	}
	write(t, r.path("d/f"), "1")
	must(t, os.Mkdir(r.path("d/e"), 0o755))
	write(t, r.path("d/e/g"), "1")
	r.settle()
	r.same()
}

func TestArmingIsGivenUpWhenAsked(t *testing.T) {
	root := mountDisk(t, "host")
	deepAndWide(t, root, 20)
	var asked atomic.Int32
	ctx, cancel := context.WithCancel(t.Context())
	_, err := Open(ctx, Options{Root: root, Backend: Inotify, Excluded: func(string, bool) bool {
		if asked.Add(1) == 5 {
			cancel()
		}
		return false
	}})
	if err == nil || ctx.Err() == nil || !strings.Contains(err.Error(), "canceled") {
		t.Errorf("Open returned %v", err)
	}
}

func TestUnreadableFolderIsNotedAndTheRestIsWatched(t *testing.T) {
	root := os.Getenv(insideEnv)
	if root == "" {
		root = t.TempDir()
		mkdir(t, filepath.Join(root, "a/secret/deep"))
		must(t, os.Chmod(filepath.Join(root, "a/secret"), 0o700))
		if err := os.Chown(filepath.Join(root, "a/secret"), 12345, 12345); err != nil {
			t.Skipf("cannot give folders away here: %v", err)
		}
		enterUserNamespace(t, root) // where root is nobody to 12345
		return
	}
	r := watched(t, Options{Root: root})
	s := r.w.Status()
	if s.Folders != 2 || s.UnreadableCount != 1 || s.Unreadable[0] != "a/secret" || s.PolledCount != 0 {
		t.Errorf("status %+v", s)
	}
	write(t, r.path("a/f"), "1")
	r.settle()
	r.same()
}
