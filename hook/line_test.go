package hook

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// listener is a teller that notes what it is told, and fails as it should.
type listener struct {
	mu    sync.Mutex
	told  []string
	at    []time.Time
	fails func(path string) error // nil = never
}

func (l *listener) close() {}

func (l *listener) tell(_ context.Context, _ string, events []Event) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	var paths []string
	for _, e := range events {
		paths = append(paths, e.Path)
	}
	if l.fails != nil {
		if err := l.fails(events[0].Path); err != nil {
			return err
		}
	}
	l.told = append(l.told, strings.Join(paths, " "))
	l.at = append(l.at, time.Now())
	return nil
}

func (l *listener) list() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]string(nil), l.told...)
}

// hear lets a listener be told instead of what the specs name.
func hear(t testing.TB, b *bench, to *listener, s Spec) {
	t.Helper()
	h, err := New(b.options(s))
	must(t, err)
	h.lines[0].teller = to
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { h.Run(ctx) })
	b.hooks = h
	b.stop = sync.OnceFunc(func() { cancel(); running.Wait() })
	b.Cleanup(b.stop)
}

func TestRestartGoesOnWithWhatWaits(t *testing.T) {
	b := &bench{TB: t, dir: t.TempDir(), log: &transcript{}}
	away := &listener{fails: func(path string) error {
		if path != "a" {
			return awayError{error: errors.New("nobody listens")}
		}
		return nil
	}}
	hear(t, b, away, spec("http"))
	b.arrive("a", "b", "c")
	b.delivered(1)
	b.until("it is tried", func() bool { return b.status().Retries > 0 })
	b.stop()
	there := &listener{}
	hear(t, b, there, spec("http"))
	b.delivered(2)
	if diff := cmp.Diff([]string{"b", "c"}, there.list()); diff != "" {
		t.Error(diff)
	}
}

func TestHookThatIsGoneLeavesNothing(t *testing.T) {
	b := &bench{TB: t, dir: t.TempDir(), log: &transcript{}}
	away := &listener{fails: func(string) error { return awayError{error: errors.New("nobody listens")} }}
	old := spec("http")
	old.Name = "old"
	hear(t, b, away, old)
	b.arrive("a")
	must(t, b.hooks.Flush(patience))
	b.stop()
	hear(t, b, away, spec("http"))
	b.until("the old journal is gone", func() bool {
		_, err := os.Stat(filepath.Join(b.dir, "hooks", "old"))
		return errors.Is(err, os.ErrNotExist)
	})
}

func TestFlushedEventsOutliveAKilledProcess(t *testing.T) {
	b := &bench{TB: t, dir: t.TempDir(), log: &transcript{}}
	away := &listener{fails: func(string) error { return awayError{error: errors.New("nobody listens")} }}
	hear(t, b, away, spec("http"))
	b.arrive("a", "b")
	must(t, b.hooks.Flush(patience))
	copied := filepath.Join(t.TempDir(), "hooks")
	must(t, os.CopyFS(copied, os.DirFS(filepath.Join(b.dir, "hooks")))) // what a crash at this moment leaves
	j := mustOpen(t, filepath.Join(copied, "http"))
	if diff := cmp.Diff([]string{"a", "b"}, j.rest(t)); diff != "" {
		t.Error(diff)
	}
}

// TestFlushIsAboutWhatArrivedBefore has many flush while others arrive.
func TestFlushIsAboutWhatArrivedBefore(t *testing.T) {
	b := &bench{TB: t, dir: t.TempDir(), log: &transcript{}}
	away := &listener{fails: func(string) error { return awayError{error: errors.New("nobody listens")} }}
	hear(t, b, away, spec("http"))
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 50 {
				b.arrive("x")
				if err := b.hooks.Flush(patience); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if got := b.status().Waiting; got != 200 {
		t.Errorf("%d wait", got)
	}
}

func TestFailingPathHoldsUpOnlyItself(t *testing.T) {
	b := &bench{TB: t, dir: t.TempDir(), log: &transcript{}}
	var mu sync.Mutex
	bad := true
	l := &listener{fails: func(path string) error {
		mu.Lock()
		defer mu.Unlock()
		if path == "bad" && bad {
			return errors.New("not now")
		}
		return nil
	}}
	hear(t, b, l, spec("command"))
	b.arrive("a", "bad", "b", "bad", "c")
	b.delivered(3)
	mu.Lock()
	bad = false
	mu.Unlock()
	b.delivered(5)
	if diff := cmp.Diff([]string{"a", "b", "c", "bad", "bad"}, l.list()); diff != "" {
		t.Error(diff)
	}
}

func TestTooManyBecomeOneEventThatCounts(t *testing.T) {
	b := &bench{TB: t, dir: t.TempDir(), log: &transcript{}}
	hold := make(chan struct{})
	l := &listener{fails: func(string) error { <-hold; return nil }}
	s := spec("http")
	s.Queue = 100
	hear(t, b, l, s)
	for range 50 {
		b.arrive("a", "b", "c", "d", "e")
		must(t, b.hooks.Flush(patience))
	}
	b.until("the rest is counted", func() bool { return b.status().Collapsed > 0 })
	st := b.status()
	close(hold)
	b.until("all is told", func() bool { return b.status().Waiting == 0 })
	told := l.list()
	if len(told) != 101 || told[100] != "." || st.Collapsed != 150 || st.Waiting != 101 {
		t.Errorf("%d told, the last %q, %+v", len(told), told[len(told)-1], st)
	}
}

func TestArrivedNeverWaits(t *testing.T) {
	b := &bench{TB: t, dir: t.TempDir(), log: &transcript{}}
	s := spec("http")
	h, err := New(b.options(s)) // nothing runs
	must(t, err)
	b.hooks = h
	for range 2000 {
		b.arrive("a")
	}
	if got := b.status().Waiting; got != 1000 {
		t.Errorf("%d are kept in memory", got)
	}
	if err := h.Flush(time.Millisecond); !errors.Is(err, errLate) {
		t.Errorf("flushed: %v", err)
	}
}

// TestBatchesAreCollected runs on a clock of its own.
func TestBatchesAreCollected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &bench{TB: t, dir: t.TempDir(), log: &transcript{}}
		l := &listener{}
		s := spec("mail")
		s.Batch, s.Every, s.Kind = 3, 10*time.Minute, "http"
		hear(t, b, l, s)
		began := time.Now()
		b.arrive("a", "b")
		synctest.Wait()
		b.arrive("c", "d")
		<-time.After(time.Hour)
		b.stop()
		if diff := cmp.Diff([]string{"a b c", "d"}, l.list()); diff != "" {
			t.Error(diff)
		}
		if got := l.at[1].Sub(began); got != 10*time.Minute {
			t.Errorf("the rest came after %s", got)
		}
	})
}

func TestAwayReceiverIsAskedLessAndLess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &bench{TB: t, dir: t.TempDir(), log: &transcript{}}
		var asked []time.Duration
		last := time.Now()
		l := &listener{fails: func(string) error {
			asked = append(asked, time.Since(last))
			last = time.Now()
			return awayError{error: errors.New("nobody listens")}
		}}
		s := spec("http")
		s.Concurrency, s.GiveUp = 4, 5*time.Minute
		hear(t, b, l, s)
		b.arrive("a")
		synctest.Wait()
		b.arrive("b", "c", "d")
		<-time.After(200 * time.Second)
		b.stop()
		want := []time.Duration{0, 1, 2, 4, 8, 16, 32, 60, 60}
		for i := range want {
			want[i] *= time.Second
		}
		if diff := cmp.Diff(want, asked); diff != "" {
			t.Error(diff)
		}
	})
}

func TestHookHearsOnlyWhatItWants(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*Spec)
		want   string
	}{
		{"everything", func(*Spec) {}, "a.php css/b.css css cache/x.php gone.php new.php"},
		{"of sent", func(s *Spec) { s.Events = Events{Sent: true} }, "a.php css/b.css css cache/x.php"},
		{"files", func(s *Spec) { s.Folders = false }, "a.php css/b.css cache/x.php gone.php new.php"},
		{"include", func(s *Spec) { s.Include = []string{"*.php"} }, "a.php cache/x.php gone.php new.php"},
		{"folder", func(s *Spec) { s.Include = []string{"/css/"} }, "css/b.css css"},
		{"exclude", func(s *Spec) { s.Include, s.Exclude = []string{"*.php"}, []string{"/cache/"} }, "a.php gone.php new.php"},
		{"regex", func(s *Spec) { s.IncludeRegex = []string{`.*/a\.php`, "/srv/www/css"} }, "a.php css"},
		{"old name", func(s *Spec) { s.Include = []string{"old*"} }, "new.php"},
		{"all", func(s *Spec) { s.AfterAll = true }, "everywhere"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := spec("http")
			c.change(&s)
			wants, err := newMatcher(Options{Root: "/srv/www"}, s)
			must(t, err)
			var got []string
			for _, e := range []Event{
				{Path: "a.php", Kind: Sent},
				{Path: "css/b.css", Kind: Sent},
				{Path: "css", Kind: Sent, Dir: true},
				{Path: "cache/x.php", Kind: Sent},
				{Path: "gone.php", Kind: Deleted},
				{Path: "new.php", Was: "old.php", Kind: Renamed},
				{Path: "everywhere", Kind: Sent, All: true},
			} {
				if wants(e) {
					got = append(got, e.Path)
				}
			}
			if diff := cmp.Diff(c.want, strings.Join(got, " ")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestEveryHookHearsThatSomethingWasLeftOut(t *testing.T) {
	s := spec("http")
	s.Folders, s.Include, s.Events = false, []string{"*.css"}, Events{Sent: true}
	wants, err := newMatcher(Options{Root: "/srv/www"}, s)
	must(t, err)
	if !wants(Event{Path: ".", Kind: Collapsed, Dir: true, Count: 9}) {
		t.Error("it does not")
	}
}
