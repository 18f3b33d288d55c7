package checkpoint

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const target = "rsync://backup@192.168.222.140:873/www"

// noon is when marks in tests are made; the machine has been up for an hour.
func noon() time.Time { return time.Date(2026, 11, 20, 12, 0, 0, 123_456_789, time.UTC) }

func clockAt(wall time.Time) Clock {
	return Clock{Wall: wall, Boot: time.Hour + wall.Sub(noon()), BootID: "first"}
}

func markAt(upto time.Time) Mark {
	return Mark{Upto: upto.UTC(), Source: "tree 1", Settings: "settings 1", Clock: clockAt(noon())}
}

func newStore(t testing.TB) *Store {
	t.Helper()
	s, err := Open(filepath.Join(t.TempDir(), "new", "state"))
	must(t, err)
	return s
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantMark(t testing.TB, s *Store, target string, want Mark) {
	t.Helper()
	got, err := s.Load(target)
	must(t, err)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestSavedMarkIsLoaded(t *testing.T) {
	s := newStore(t)
	want := markAt(noon())
	want.Source, want.Settings = "bytes \xff and %", "\x00\n"
	must(t, s.Save(target, want))
	again, err := Open(s.dir)
	must(t, err)
	wantMark(t, again, target, want)
}

func TestNoMarkIsNotExist(t *testing.T) {
	if _, err := newStore(t).Load(target); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want %v", err, fs.ErrNotExist)
	}
}

func TestLateAnswerDoesNotUndoProgress(t *testing.T) {
	s := newStore(t)
	later := markAt(noon())
	must(t, s.Save(target, later))
	for _, upto := range []time.Time{noon().Add(-time.Minute), noon()} {
		late := markAt(upto)
		late.Clock = clockAt(noon().Add(time.Minute))
		must(t, s.Save(target, late))
		wantMark(t, s, target, later)
	}
	later = markAt(noon().Add(1))
	must(t, s.Save(target, later))
	wantMark(t, s, target, later)
}

// TestEarlierMarkReplacesOneNobodyTrusts: otherwise every start would be a
// full sync until the moment has caught up.
func TestEarlierMarkReplacesOneNobodyTrusts(t *testing.T) {
	for name, change := range map[string]func(m *Mark){
		"source":   func(m *Mark) { m.Source = "tree 2" },
		"settings": func(m *Mark) { m.Settings = "settings 2" },
		"clock":    func(m *Mark) { m.Clock.Wall = m.Clock.Wall.Add(-time.Hour) },
	} {
		t.Run(name, func(t *testing.T) {
			s := newStore(t)
			must(t, s.Save(target, markAt(noon())))
			want := markAt(noon().Add(-2 * time.Hour))
			change(&want)
			must(t, s.Save(target, want))
			wantMark(t, s, target, want)
		})
	}
}

func TestMarkWithoutMomentOrClockIsRefused(t *testing.T) {
	s := newStore(t)
	for _, m := range []Mark{{Clock: clockAt(noon())}, {Upto: noon()}, {}} {
		if err := s.Save(target, m); err == nil {
			t.Errorf("%+v is accepted", m)
		}
	}
}

func TestTargetsDoNotMeet(t *testing.T) {
	s := newStore(t)
	long := strings.Repeat("/long", 1000)
	targets := []string{
		"", ".", "..", "/", "a/b", "a_b", "a b", "a:b", "../../etc/passwd", "\xff", "\xfe", "-rf", ".hidden",
		"rsync://host/www", "rsync://host/www/", "ssh://host/www", long, long + "x", "ü", "name\n",
	}
	for i, target := range targets {
		must(t, s.Save(target, markAt(noon().Add(time.Duration(i)))))
	}
	for i, target := range targets {
		wantMark(t, s, target, markAt(noon().Add(time.Duration(i))))
	}
	files, err := os.ReadDir(s.dir)
	must(t, err)
	if len(files) != len(targets) {
		t.Errorf("%d files for %d targets", len(files), len(targets))
	}
	for _, f := range files {
		if strings.HasPrefix(f.Name(), ".") || strings.HasPrefix(f.Name(), "-") || len(f.Name()) > 128 {
			t.Errorf("file is called %q", f.Name())
		}
	}
}

func TestFileNameTellsTheTarget(t *testing.T) {
	s := newStore(t)
	must(t, s.Save(target, markAt(noon())))
	if name := filepath.Base(s.path(kindMark, target)); !strings.HasPrefix(name, "rsync___backup@192.168.222.140_873_www-") {
		t.Errorf("file is called %q", name)
	}
}

func TestForgetRemovesEverythingOfOneTarget(t *testing.T) {
	s := newStore(t)
	must(t, s.Forget(target))
	for _, each := range []string{target, "other"} {
		must(t, s.Save(each, markAt(noon())))
		must(t, s.SaveFailures(each, []Failure{{Path: "a"}}))
	}
	must(t, s.Forget(target))
	_, err := s.Load(target)
	list, failuresErr := s.Failures(target)
	if !errors.Is(err, fs.ErrNotExist) || failuresErr != nil || list != nil {
		t.Errorf("left: %v, %v, %v", err, list, failuresErr)
	}
	wantMark(t, s, "other", markAt(noon()))
}

func TestStateIsKept(t *testing.T) {
	type state struct {
		Paused bool
		Held   []string
	}
	s := newStore(t)
	var got state
	if err := s.LoadState("module", &got); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("before it is saved: %v, want %v", err, fs.ErrNotExist)
	}
	want := state{Paused: true, Held: []string{"<a>"}}
	must(t, s.SaveState("module", want))
	must(t, s.LoadState("module", &got))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if err := s.SaveState("module", make(chan int)); err == nil {
		t.Error("a channel is saved")
	}
}

func TestFilesAreNotForEverybody(t *testing.T) {
	s := newStore(t)
	must(t, s.Save(target, markAt(noon())))
	for path, most := range map[string]fs.FileMode{s.dir: 0o750, s.path(kindMark, target): 0o640} {
		info, err := os.Stat(path)
		must(t, err)
		if mode := info.Mode().Perm(); mode&^most != 0 {
			t.Errorf("%s has mode %o, want at most %o", path, mode, most)
		}
	}
}

func TestFolderThatCannotBeMadeIsAnError(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(file, nil, 0o644))
	if _, err := Open(filepath.Join(file, "state")); !errors.Is(err, syscall.ENOTDIR) {
		t.Errorf("got %v, want %v", err, syscall.ENOTDIR)
	}
}

func TestManyGoroutines(t *testing.T) {
	s := newStore(t)
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			name := []string{target, "other"}[i%2]
			if err := s.Save(name, markAt(noon().Add(time.Duration(i)))); err != nil {
				t.Error(err)
			}
			if err := s.SaveFailures(name, make([]Failure, i)); err != nil {
				t.Error(err)
			}
			if _, err := s.Failures(name); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	wantMark(t, s, target, markAt(noon().Add(18)))
	wantMark(t, s, "other", markAt(noon().Add(19)))
}
