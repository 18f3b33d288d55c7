package checkpoint

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

const (
	target   = "rsync://backup@host:873/www"
	asWriter = "SYNCSVC_TEST_WRITER" // makes the test binary save marks until it is killed
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(asWriter); dir != "" {
		saveForever(dir)
	}
	goleak.VerifyTestMain(m)
}

var t0 = time.Unix(1_700_000_000, 123456789).UTC()

func open(t testing.TB, dir string) *Store {
	t.Helper()
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func mark(upto time.Time) Mark {
	return Mark{Upto: upto, Source: "fs/1", Settings: "s1", Clock: Clock{upto, time.Hour, "boot1"}}
}

func TestMarkSurvivesTheProcess(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made", "here")
	want := mark(t0)
	if err := open(t, dir).Save(target, want); err != nil {
		t.Fatal(err)
	}
	got, err := open(t, dir).Load(target)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if _, err := open(t, dir).Load(target + "2"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("another target has a mark: %v", err)
	}
}

func TestLateAnswerDoesNotUndoProgress(t *testing.T) {
	s := open(t, t.TempDir())
	for _, m := range []Mark{mark(t0.Add(time.Hour)), mark(t0)} {
		if err := s.Save(target, m); err != nil {
			t.Fatal(err)
		}
	}
	if got, _ := s.Load(target); !got.Upto.Equal(t0.Add(time.Hour)) {
		t.Errorf("upto went back to %v", got.Upto)
	}
	other := mark(t0)
	other.Source = "fs/2"
	if err := s.Save(target, other); err != nil {
		t.Fatal(err)
	}
	if got, _ := s.Load(target); got.Source != "fs/2" {
		t.Error("a mark for another source was not saved because it is earlier")
	}
}

func TestDamagedFilesAreSaidToBe(t *testing.T) {
	s := open(t, t.TempDir())
	if err := s.Save(target, mark(t0)); err != nil {
		t.Fatal(err)
	}
	path := s.path(target, markKind)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"empty":    "",
		"cut off":  string(whole[:len(whole)/2]),
		"not ours": "#!/bin/sh\n",
		"mixed up": strings.Replace(string(whole), target, "rsync://other/www", 1),
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Load(target); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%s: %v", name, err)
		}
	}
	newer := strings.Replace(string(whole), `"version":1`, `"version":2`, 1)
	if err := os.WriteFile(path, []byte(newer), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Load(target); err == nil || errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), "newer") {
		t.Errorf("a file of a newer version: %v", err)
	}
}

func TestFailuresKeepAnyBytes(t *testing.T) {
	s := open(t, t.TempDir())
	want := []Failure{
		{Path: "a\xff\n\"b", Scope: 3, Reason: "Permission denied (13)", First: t0, Last: t0, Next: t0, Attempts: 4},
		{Path: ".", Held: 17, First: t0, Last: t0, Next: t0},
	}
	if err := s.SaveFailures(target, want); err != nil {
		t.Fatal(err)
	}
	got, err := s.Failures(target)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if err := s.Forget(target); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Failures(target); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("after forgetting: %v", err)
	}
}

func TestWhenAMarkMeansNothing(t *testing.T) {
	m := mark(t0)
	for _, c := range []struct {
		name             string
		now              Clock
		source, settings string
		want             error
	}{
		{"later", Clock{t0.Add(time.Hour), 2 * time.Hour, "boot1"}, "fs/1", "s1", nil},
		{"after a reboot", Clock{t0.Add(time.Hour), time.Minute, "boot2"}, "fs/1", "s1", nil},
		{"other source", Clock{t0, time.Hour, "boot1"}, "fs/2", "s1", errSource},
		{"other filters", Clock{t0, time.Hour, "boot1"}, "fs/1", "s2", errSettings},
		{"before it was saved", Clock{t0.Add(-time.Hour), time.Minute, "boot2"}, "fs/1", "s1", errClock},
		{"set back, but later", Clock{t0.Add(time.Minute), 3 * time.Hour, "boot1"}, "fs/1", "s1", errClock},
		{"slewed", Clock{t0.Add(time.Hour - time.Second), 2 * time.Hour, "boot1"}, "fs/1", "s1", nil},
	} {
		if got := m.Trusted(c.now, c.source, c.settings); !errors.Is(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestClockReadsTheKernel(t *testing.T) {
	a, err := Now()
	if err != nil {
		t.Fatal(err)
	}
	b, err := Now()
	if err != nil {
		t.Fatal(err)
	}
	if a.ID == "" || a.ID != b.ID || b.Boot < a.Boot || a.Boot == 0 {
		t.Errorf("read %+v, then %+v", a, b)
	}
}

// saveForever is the writer of the crash test: it says each moment that is
// safely stored.
func saveForever(dir string) {
	s, err := Open(dir)
	for i := 0; err == nil; i++ {
		if err = s.Save(target, mark(t0.Add(time.Duration(i)*time.Second))); err == nil {
			fmt.Println(i)
		}
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func TestKilledWhileSaving(t *testing.T) {
	dir := t.TempDir()
	rounds := 20
	if os.Getenv("SYNCSVC_LONG") != "" {
		rounds = 500
	}
	for round := range rounds {
		said := killWriter(t, dir, 1+round%7)
		m, err := open(t, dir).Load(target)
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		if stored := int(m.Upto.Sub(t0) / time.Second); stored < said {
			t.Fatalf("round %d: %d was said to be stored, but %d is", round, said, stored)
		}
		if left, _ := filepath.Glob(filepath.Join(dir, ".*")); len(left) > 0 {
			t.Fatalf("round %d: temporary files stay: %q", round, left)
		}
		if err := open(t, dir).Forget(target); err != nil {
			t.Fatal(err)
		}
	}
}

// killWriter runs a writer, kills it after it has said so many lines, and
// returns the last that it said.
func killWriter(t *testing.T, dir string, lines int) int {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), asWriter+"="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	last := -1
	scanner := bufio.NewScanner(out)
	for scanner.Scan() {
		if _, err := fmt.Sscan(scanner.Text(), &last); err != nil {
			t.Fatalf("writer said %q", scanner.Text())
		}
		if lines--; lines == 0 {
			_ = cmd.Process.Kill()
		}
	}
	_ = cmd.Wait()
	return last
}
