package main

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// deliver does as rsync does: a file gets its name when it is complete.
func deliver(t *testing.T, path string, size int) {
	t.Helper()
	temporary := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".Xy3")
	for _, err := range []error{os.WriteFile(temporary, make([]byte, size), 0o600), os.Rename(temporary, path)} {
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestFileArrivesWhenItIsComplete(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	seen, err := watchFor(t.Context(), map[string]int64{path: 10}, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	deliver(t, path, 4) // sent while it was being written
	complete := time.Now()
	deliver(t, path, 10)
	times, err := seen.wait()
	if err != nil {
		t.Fatal(err)
	}
	if at := times[path]; at.Before(complete) {
		t.Errorf("arrived %s before it was complete", complete.Sub(at))
	}
}

func TestWhatDoesNotArriveIsMissing(t *testing.T) {
	dir := t.TempDir()
	here, away := filepath.Join(dir, "here"), filepath.Join(dir, "away")
	seen, err := watchFor(t.Context(), map[string]int64{here: 1, away: 1}, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	deliver(t, here, 1)
	seen.giveUp(3 * time.Second)
	times, err := seen.wait()
	if err != nil || len(times) != 1 || times[here].IsZero() {
		t.Errorf("got %v, %v; want only %s", times, err, here)
	}
}

func TestLatePathIsToldFromOtherErrors(t *testing.T) {
	missing := []string{filepath.Join(t.TempDir(), "missing")}
	if err := until(t.Context(), time.Millisecond, missing, isThere); !errors.Is(err, errLate) {
		t.Errorf("got %v, want %v", err, errLate)
	}
	if err := until(t.Context(), time.Millisecond, missing, isGone); err != nil {
		t.Errorf("what is missing is not gone: %v", err)
	}
}
