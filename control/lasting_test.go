package control

import (
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"
)

func TestSocketComesBackWhenItsFolderIsRemoved(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run", "s")
	s, err := Listen(t.Context(), path, quiet)
	if err != nil {
		t.Fatal(err)
	}
	s.Handle("GET /x", func(*http.Request) (any, error) { return Answer{"here"}, nil })
	ended := make(chan error, 1) // the one result of Serve
	go func() { ended <- s.http.Serve(s.l) }()
	if err := os.RemoveAll(filepath.Dir(path)); err != nil {
		t.Fatal(err)
	}
	for _, want := range []bool{true, false} {
		if renewed, err := s.l.renew(t.Context()); renewed != want || err != nil {
			t.Errorf("made again: %v, %v; want %v", renewed, err, want)
		}
	}
	var a Answer
	if err := Dial(path).Get(t.Context(), "/x", &a); err != nil || a.Message != "here" {
		t.Errorf("%+v, %v", a, err)
	}
	if info, err := os.Stat(filepath.Dir(path)); err != nil || info.Mode().Perm() != folderMode {
		t.Errorf("the folder: %v, %v", info, err)
	}
	if err := s.http.Close(); err != nil {
		t.Error(err)
	}
	<-ended
	if renewed, err := s.l.renew(t.Context()); renewed || err != nil {
		t.Errorf("made again after its end: %v, %v", renewed, err)
	}
}

func TestRunningServerLooksAfterItsSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run", "s")
	s, err := Listen(t.Context(), path, quiet)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var keeping sync.WaitGroup
	keeping.Go(func() { s.l.keep(t.Context(), time.Millisecond, quiet) })
	t.Cleanup(keeping.Wait)
	if err := os.RemoveAll(filepath.Dir(path)); err != nil {
		t.Fatal(err)
	}
	deadline := time.After(time.Minute)
	for {
		if _, err := os.Stat(path); err == nil {
			return
		}
		select {
		case <-deadline:
			t.Fatal("the socket does not come back")
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func TestSocketIsPrivateFromTheFirstMoment(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0))
	path := filepath.Join(t.TempDir(), "s")
	l, err := bind(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != ownerOnly {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}
