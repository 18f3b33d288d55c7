package instance_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/syncsvc/syncsvc/compare"
)

// long reports whether the long variants of the tests are wanted.
func long() bool { return os.Getenv("SYNCSVC_LONG") != "" }

// stage is where a story is played: the file system the source lies on, and
// how changes are heard of.
type stage struct {
	disk    string // host, ext4, xfs or tmpfs
	backend string // as in the module file
}

// stages are those a story is played on. The long run knows all of them.
func stages() []stage {
	all := []stage{{"host", "inotify"}, {"host", "fanotify"}}
	if !long() {
		return all
	}
	for _, disk := range []string{"ext4", "xfs", "tmpfs"} {
		all = append(all, stage{disk, "inotify"}, stage{disk, "fanotify"})
	}
	return all
}

// onStages plays a story on every stage.
func onStages(t *testing.T, story func(t *testing.T, s stage)) {
	for _, s := range stages() {
		t.Run(s.disk+"/"+s.backend, func(t *testing.T) {
			t.Parallel()
			story(t, s)
		})
	}
}

// newMirror is a mirror with one target on this stage; nothing runs yet.
func (s stage) newMirror(t *testing.T, options ...string) *mirror {
	t.Helper()
	m := newMirror(t, 1, append([]string{"backend: " + s.backend}, options...)...)
	if s.disk != "host" {
		m.dwell(s.disk)
	}
	return m
}

// dwell puts the source, and the attic beside it, on a file system of its own.
func (m *mirror) dwell(disk string) {
	m.Helper()
	at := filepath.Join(m.dir, "disk")
	m.mkdir(at)
	args := []string{"-t", "tmpfs", "syncsvc-test", at}
	if disk != "tmpfs" {
		image := filepath.Join(m.dir, disk+".image")
		m.must(os.WriteFile(image, nil, 0o600))
		m.must(os.Truncate(image, 400<<20))
		if out, err := exec.Command("mkfs."+disk, "-q", image).CombinedOutput(); err != nil {
			m.Fatalf("mkfs.%s: %v\n%s", disk, err, out)
		}
		args = []string{"-o", "loop", image, at}
	}
	if out, err := exec.Command("mount", args...).CombinedOutput(); err != nil {
		m.Skipf("can't mount %s here: %v: %s", disk, err, out)
	}
	m.Cleanup(func() {
		m.kill()
		if err := unix.Unmount(at, unix.MNT_DETACH); err != nil {
			m.Errorf("unmount %s: %v", at, err)
		}
	})
	m.source = filepath.Join(at, "source")
	m.mkdir(m.source, m.attic("."))
}

// heard skips the test when the process had to fall back to another way of
// hearing of changes.
func (m *mirror) heard(s stage) {
	m.Helper()
	if st := m.status(); st.Backend != s.backend {
		m.Skipf("no %s here: %s", s.backend, st.BackendWhy)
	}
}

// endsAlike is alike for who has been in everybody's way: what a job learns at
// its end, such as the time of a folder that another one has overtaken, may take
// a job more after everything has been looked at.
func (m *mirror) endsAlike(o compare.Options) {
	m.Helper()
	for deadline := time.Now().Add(patience); m.differs(o) && time.Now().Before(deadline); {
		m.Log("they differ for the moment")
		<-time.After(100 * time.Millisecond)
	}
	m.alike(o)
}

func (m *mirror) differs(o compare.Options) bool {
	m.Helper()
	for _, target := range m.targets {
		diff, _, err := compare.Trees(m.source, target, o)
		if err != nil {
			m.Fatal(err)
		}
		if len(diff) > 0 {
			return true
		}
	}
	return false
}

// alike compares every target with the source as o says.
func (m *mirror) alike(o compare.Options) {
	m.Helper()
	for _, target := range m.targets {
		diff, _, err := compare.Trees(m.source, target, o)
		if err != nil {
			m.Fatal(err)
		}
		for _, d := range diff {
			m.Errorf("%s: %s", filepath.Base(target), d)
		}
	}
}

// run runs a program in a folder of the source and expects it to go well.
func (m *mirror) run(dir string, argv ...string) string {
	m.Helper()
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir = m.src(dir)
	cmd.Env = append(os.Environ(), "LC_ALL=C", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null")
	out, err := cmd.CombinedOutput()
	if errors.Is(err, exec.ErrNotFound) {
		m.Fatalf("%s is not installed", argv[0])
	}
	if err != nil {
		m.Fatalf("%s: %v\n%s", strings.Join(argv, " "), err, out)
	}
	return string(out)
}

// several reports whether a file has more than one name.
func several(st os.FileInfo) bool { return st.Sys().(*syscall.Stat_t).Nlink > 1 }
