package main

import (
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/syncsvc/syncsvc/control"
)

// terminal is a real terminal in which one command runs.
type terminal struct {
	t      *testing.T
	socket string
}

// newTerminal runs a command line in a terminal of 100 columns and 30 lines.
func newTerminal(t *testing.T, env []string, words ...string) *terminal {
	t.Helper()
	term := &terminal{t, filepath.Join(t.TempDir(), "tmux")}
	args := []string{"-f", "/dev/null", "new-session", "-d", "-s", "s", "-x", "100", "-y", "30"}
	for _, e := range env {
		args = append(args, "-e", e)
	}
	// the last words on the screen tell that the program left it in order
	line := "trap : INT; stty -g > before; " + strings.Join(words, " ") + "; echo exit code $?; stty -g > after; cmp before after && echo as before; read wait"
	term.tmux(append(args, "-c", t.TempDir(), "sh", "-c", line)...)
	t.Cleanup(func() { term.tmux("kill-server") })
	return term
}

func (term *terminal) tmux(args ...string) string {
	term.t.Helper()
	cmd := exec.Command("tmux", append([]string{"-S", term.socket}, args...)...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		term.t.Fatalf("tmux %q: %v: %s", args, err, out)
	}
	return string(out)
}

func (term *terminal) keys(keys ...string) {
	term.t.Helper()
	term.tmux(append([]string{"send-keys", "-t", "s"}, keys...)...)
}

// shows waits until the screen shows a text, and returns all of it.
func (term *terminal) shows(want string) string {
	term.t.Helper()
	deadline := time.NewTimer(arrivesWithin)
	defer deadline.Stop()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		screen := term.tmux("capture-pane", "-p", "-e", "-t", "s")
		if strings.Contains(screen, want) {
			return screen
		}
		select {
		case <-deadline.C:
			term.t.Fatalf("the screen never showed %q:\n%s", want, screen)
		case <-tick.C:
		}
	}
}

func TestColoursAreForTerminalsThatWantThem(t *testing.T) {
	f := newFake(t, control.ServiceName)
	f.answers("GET /v1/status", control.Overview{Pid: 1, Modules: []control.Module{wellModule("www")}}).begin()
	status := append([]string{"syncsvc", "status"}, f.flags()...)
	for _, c := range []struct {
		env      []string
		coloured bool
	}{
		{nil, true},
		{[]string{"env", "NO_COLOR="}, true},
		{[]string{"env", "NO_COLOR=1"}, false},
		{[]string{"env", "TERM=dumb"}, false},
	} {
		term := newTerminal(t, nil, append(c.env, status...)...)
		term.shows("exit code 0")
		screen := term.shows("as before")
		if got := strings.Contains(screen, "\x1b[32mlive"); got != c.coloured {
			t.Errorf("%q: coloured %v, want %v:\n%q", c.env, got, c.coloured, screen)
		}
	}
}

func TestWatchPaintsOver(t *testing.T) {
	f := newFake(t, control.ServiceName)
	var looks atomic.Int32
	var seen atomic.Bool // both modules were on the screen
	f.Handle("GET /v1/status", func(*http.Request) (any, error) {
		o := control.Overview{Pid: 1, Modules: []control.Module{wellModule("www"), wellModule("bbs")}}
		if looks.Add(1) > 5 && seen.Load() {
			o.Modules = o.Modules[1:]
		}
		if looks.Load() == 3 {
			for i := range 100 {
				o.Modules = append(o.Modules, wellModule(fmt.Sprint("many", i)))
			}
		}
		return o, nil
	})
	f.begin()
	term := newTerminal(t, nil, append([]string{"syncsvc", "status", "--watch", "--every", "100ms"}, f.flags()...)...)
	term.shows("2 modules: 2 live")
	seen.Store(true)
	screen := term.shows("1 module: 1 live")
	if strings.Contains(screen, "www") || strings.Count(screen, "MODULE") != 1 {
		t.Errorf("something is left of the look before:\n%s", screen)
	}
	f.stop()
	term.shows("hint: start it") // and goes on
	term.keys("C-c")
	term.shows("exit code 0")
}

func TestSyncShowsBars(t *testing.T) {
	f := supervised(t)
	var asked atomic.Int32
	var end atomic.Bool
	f.answers("POST /v1/modules/www/sync", control.SyncStarted{ID: "7"})
	f.Handle("GET /v1/modules/www/sync/7", func(*http.Request) (any, error) {
		p := control.Progress{ID: "7", Done: end.Load(), Targets: []control.TargetProgress{
			{Target: "rsync://a/www", Files: int64(min(asked.Add(1), 4)), Percent: 50, Bytes: 5 << 20, Rate: 1 << 20, ETA: 90, Done: end.Load()},
			{Target: "rsync://b/www", Waiting: "away", Done: end.Load()},
		}}
		return p, nil
	})
	f.begin()
	term := newTerminal(t, nil, append([]string{"syncsvc", "sync", "www"}, f.flags()...)...)
	screen := term.shows("4 files, 5.0 MiB, 1.0 MiB/s, 1m30s left")
	if !strings.Contains(screen, "=========") || strings.Count(screen, "rsync://a/www") != 1 {
		t.Errorf("the bars are not painted over:\n%s", screen)
	}
	end.Store(true)
	term.shows("100%")
	term.shows("exit code 0")

	end.Store(false)
	term = newTerminal(t, nil, append([]string{"syncsvc", "sync", "www"}, f.flags()...)...)
	term.shows("left")
	term.keys("C-c")
	term.shows("the sync of www goes on; look at it with: syncsvc status www")
	term.shows("exit code 3")
}
