package scan

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/syncsvc/syncsvc/change"
)

// exact is the margin of tests that know their moment to the nanosecond.
const exact = time.Nanosecond

// failer is what testing.TB and rapid.T have in common.
type failer interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// plot is a folder with the tree that is watched and a place next to it, on
// the same file system, from where things are moved in.
type plot struct {
	t       failer
	root    string
	outside string
}

func newPlot(t testing.TB) *plot {
	t.Helper()
	return newPlotIn(t, t.TempDir())
}

func newPlotIn(t failer, dir string) *plot {
	t.Helper()
	p := &plot{t: t, root: filepath.Join(dir, "tree"), outside: filepath.Join(dir, "outside")}
	p.must(os.MkdirAll(p.root, 0o755))
	p.must(os.MkdirAll(p.outside, 0o755))
	return p
}

func (p *plot) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

// at returns where a path is; one that begins with "^" is outside.
func (p *plot) at(path string) string {
	if rest, ok := strings.CutPrefix(path, "^"); ok {
		return filepath.Join(p.outside, rest)
	}
	return filepath.Join(p.root, path)
}

func (p *plot) write(path, text string) {
	p.t.Helper()
	p.must(os.MkdirAll(filepath.Dir(p.at(path)), 0o755))
	p.must(os.WriteFile(p.at(path), []byte(text), 0o644))
}

func (p *plot) mkdir(path string) { p.t.Helper(); p.must(os.MkdirAll(p.at(path), 0o755)) }

func (p *plot) remove(path string) { p.t.Helper(); p.must(os.RemoveAll(p.at(path))) }

func (p *plot) rename(from, to string) { p.t.Helper(); p.must(os.Rename(p.at(from), p.at(to))) }

func (p *plot) exchange(a, b string) {
	p.t.Helper()
	p.must(unix.Renameat2(unix.AT_FDCWD, p.at(a), unix.AT_FDCWD, p.at(b), unix.RENAME_EXCHANGE))
}

// backdate sets the modification time to one that is long past.
func (p *plot) backdate(path string) {
	p.t.Helper()
	old := time.Unix(1_000_000_000, 0)
	p.must(os.Chtimes(p.at(path), old, old))
}

// rewrite puts text into a file and its modification time back.
func (p *plot) rewrite(path, text string) {
	p.t.Helper()
	info, err := os.Stat(p.at(path))
	p.must(err)
	p.must(os.WriteFile(p.at(path), []byte(text), 0o644))
	p.must(os.Chtimes(p.at(path), info.ModTime(), info.ModTime()))
}

// ctime returns the change time of a path.
func (p *plot) ctime(path string) time.Time {
	p.t.Helper()
	var st unix.Stat_t
	p.must(unix.Lstat(p.at(path), &st))
	return time.Unix(st.Ctim.Unix())
}

// now returns a moment that is later than the change time of everything there
// is and not later than that of anything to come. The clock of a file system
// may tick once in 10 ms or once a second, so it waits for a tick.
func (p *plot) now() time.Time {
	p.t.Helper()
	touch := func() time.Time {
		p.must(os.WriteFile(p.at("^.clock"), nil, 0o644))
		p.must(os.Chmod(p.at("^.clock"), 0o644))
		return p.ctime("^.clock")
	}
	first, tick := touch(), time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); <-tick.C {
		if is := touch(); is.After(first) {
			return is
		}
	}
	p.t.Fatal("the clock of the file system stands still")
	return time.Time{}
}

// walk returns what changed since, sorted by path.
func (p *plot) walk(o Options) ([]change.Change, Stats) {
	p.t.Helper()
	if o.Root == "" {
		o.Root = p.root
	}
	if o.Margin == 0 {
		o.Margin = exact
	}
	var all []change.Change
	stats, err := Walk(context.Background(), o, func(batch []change.Change) error {
		all = append(all, batch...)
		return nil
	})
	p.must(err)
	slices.SortFunc(all, func(a, b change.Change) int { return strings.Compare(a.Path, b.Path) })
	return all, stats
}

// found is walk in a form that is easy to compare: "scope path", with a "!"
// where the quick check is not to be trusted.
func (p *plot) found(o Options) []string {
	p.t.Helper()
	all, stats := p.walk(o)
	if stats.Found != int64(len(all)) {
		p.t.Fatalf("stats say %d found, %d came", stats.Found, len(all))
	}
	words := []string{}
	for _, c := range all {
		mark := "!"
		if c.Quick {
			mark = ""
		}
		words = append(words, c.Scope.String()+mark+" "+c.Path)
	}
	return words
}

// onEach runs a test on every file system this machine can mount.
func onEach(t *testing.T, test func(t *testing.T, p *plot)) {
	for name, mkfs := range map[string][]string{
		"here":               nil,
		"tmpfs":              {},
		"ext4":               {"mkfs.ext4", "-q"},
		"ext4 without btime": {"mkfs.ext4", "-q", "-I", "128"},
		"xfs":                {"mkfs.xfs", "-q"},
	} {
		t.Run(name, func(t *testing.T) {
			if mkfs == nil {
				test(t, newPlot(t))
				return
			}
			test(t, newPlotIn(t, mounted(t, mkfs)))
		})
	}
}

// mounted returns a fresh file system: a tmpfs, or what mkfs makes of a file.
func mounted(t *testing.T, mkfs []string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "mnt")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	args := []string{"-t", "tmpfs", "none", dir}
	if len(mkfs) > 0 {
		image := filepath.Join(t.TempDir(), "image")
		must(t, os.WriteFile(image, nil, 0o600))
		must(t, os.Truncate(image, 400<<20))
		run(t, append(mkfs[1:], image), mkfs[0])
		args = []string{"-o", "loop", image, dir}
	}
	if out, err := exec.Command("mount", args...).CombinedOutput(); err != nil {
		t.Skipf("cannot mount here: %v: %s", err, out)
	}
	t.Cleanup(func() { unmount(t, dir) })
	return dir
}

// unmount tries again while somebody is there: a process that this one forked
// has all its files until it becomes another program.
func unmount(t *testing.T, dir string) {
	t.Helper()
	for end := time.Now().Add(time.Minute); ; <-time.After(10 * time.Millisecond) {
		out, err := exec.Command("umount", dir).CombinedOutput()
		if err == nil {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("umount %s: %v: %s", dir, err, out)
		}
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func run(t *testing.T, args []string, name string) {
	t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %q: %v: %s", name, args, err, out)
	}
}
