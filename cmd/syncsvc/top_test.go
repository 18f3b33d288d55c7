package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/syncsvc/syncsvc/control"
)

// topService is a service with two modules of which one can be paused.
func topService(t *testing.T) *fakeService {
	f := supervised(t)
	var paused atomic.Bool
	f.Handle("GET /v1/status", func(*http.Request) (any, error) {
		bbs := wellModule("bbs")
		if paused.Load() {
			bbs.State = control.Paused
		}
		return control.Overview{Pid: 1, Modules: []control.Module{bbs, wellModule("www")}}, nil
	})
	f.Handle("POST /v1/pause", func(*http.Request) (any, error) {
		paused.Store(true)
		return []control.ModuleAnswer{{Module: "bbs", Message: "paused"}}, nil
	})
	f.HandleStream("GET /v1/events", control.Events, func(r *http.Request, send func(any) error) error {
		if err := send(control.Event{Seq: 1, Time: time.Now(), Kind: control.EventArrival, Module: "www", Text: "3 paths arrived"}); err != nil {
			return err
		}
		<-r.Context().Done()
		return nil
	})
	return f.begin()
}

func TestTopOnARealTerminal(t *testing.T) {
	f := topService(t)
	term := newTerminal(t, nil, append([]string{"syncsvc", "top"}, f.flags()...)...)
	screen := term.shows("3 paths arrived")
	if !strings.Contains(screen, "\x1b[32mlive") {
		t.Errorf("no colours:\n%q", screen)
	}
	term.keys("p")
	term.shows("bbs: paused")
	term.shows("2 modules: 1 paused, 1 live")
	term.tmux("resize-window", "-t", "s", "-x", "80", "-y", "24")
	term.keys("?")
	term.shows("try again what failed")
	term.keys("?", "Enter")
	term.shows("syncsvc resume bbs")
	term.keys("q")
	term.shows("exit code 0")
	if screen := term.shows("as before"); strings.Contains(screen, "resume") {
		t.Errorf("the screen was not cleaned up:\n%s", screen)
	}
}

func TestTopEndsInOrderOnSigterm(t *testing.T) {
	f := topService(t)
	pid := filepath.Join(t.TempDir(), "pid")
	// exec keeps the pid of the shell that wrote it down
	line := "sh -c 'echo $$ > " + pid + "; exec syncsvc top " + strings.Join(f.flags(), " ") + "'"
	term := newTerminal(t, []string{"NO_COLOR=1"}, line)
	screen := term.shows("live")
	if strings.Contains(screen, "\x1b[3") {
		t.Errorf("colours in spite of NO_COLOR:\n%q", screen)
	}
	signalProcess(t, pid, syscall.SIGTERM)
	term.shows("exit code 0")
	term.shows("as before")
}

// signalProcess sends a signal to the process whose number is in a file.
func signalProcess(t *testing.T, file string, s syscall.Signal) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, s); err != nil {
		t.Fatal(err)
	}
}
