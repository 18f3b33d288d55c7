package rsync

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestProbe(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	good := w.target()
	overSSH := w.sshTarget()
	hasty := good // is told only what takes for ever
	hasty.ConnectTimeout = 500 * time.Millisecond
	with := func(t Target, change func(*Target)) Target { change(&t); return t }
	for name, c := range map[string]struct {
		target Target
		says   string // "" is reachable
	}{
		"daemon":       {good, ""},
		"refused":      {with(good, func(t *Target) { t.Port = 1 }), "connect to 127.0.0.1:1: connection refused"},
		"hung":         {with(hasty, func(h *Target) { h.Port = listener(t, nil) }), "does not greet"},
		"stranger":     {with(good, func(h *Target) { h.Port = listener(t, says("HTTP/1.0 400\r\n")) }), "no rsync daemon"},
		"old":          {with(good, func(h *Target) { h.Port = listener(t, says("@RSYNCD: 30.0\n")) }), "3.1.0"},
		"old enough":   {with(good, func(h *Target) { h.Port = listener(t, says("@RSYNCD: 31.0\n")) }), ""},
		"black hole":   {with(hasty, func(h *Target) { h.Host = blackHole(t) }), "timed out"},
		"ssh":          {overSSH, ""},
		"ssh refused":  {with(overSSH, func(t *Target) { t.Port = 1 }), "refused"},
		"ssh daemon":   {with(overSSH, func(t *Target) { t.Port = good.Port; t.ConnectTimeout = 3 * time.Second }), "does not greet: timed out"},
		"ssh proxy":    {with(overSSH, func(t *Target) { t.Port, t.SSH.Options = 1, []string{"ProxyJump=elsewhere"} }), ""},
		"ssh option":   {with(overSSH, func(t *Target) { t.Host = "-oProxyCommand=x" }), "option"},
		"folder":       {w.local(), ""},
		"to be made":   {Target{Kind: Local, Path: w.dst + "/not/yet"}, ""},
		"not a folder": {Target{Kind: Local, Path: "/etc/passwd"}, "not a folder"},
		"below a file": {Target{Kind: Local, Path: "/etc/passwd/x"}, "not a directory"},
	} {
		t.Run(name, func(t *testing.T) {
			err := Probe(context.Background(), c.target)
			switch {
			case c.says == "" && err != nil:
				t.Errorf("not reachable: %v", err)
			case c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)):
				t.Errorf("got %v, want something with %q", err, c.says)
			}
			if errors.Is(err, ErrOld) != (name == "old") {
				t.Errorf("%v is not the right kind of error", err)
			}
		})
	}
}

func TestProbeOfAHungDaemon(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	target := w.target()
	target.ConnectTimeout = 100 * time.Millisecond
	w.daemon.Pause()
	if Probe(context.Background(), target) == nil {
		t.Error("a hung daemon is reachable")
	}
	target = w.target()
	w.daemon.Resume()
	eventually(t, "the daemon to be back", func() bool { return Probe(context.Background(), target) == nil })
}

func TestVersion(t *testing.T) {
	r, err := Version(context.Background(), "rsync")
	if err != nil || !r.AtLeast(3, 1, 0) {
		t.Errorf("%v, %v, want 3.1.0 or newer", r, err)
	}
	for program, reason := range map[string]string{"true": "not the output", "false": "ask false", "/no/such": "no such file"} {
		if _, err := Version(context.Background(), program); err == nil || !strings.Contains(err.Error(), reason) {
			t.Errorf("%s: %v, want %q", program, err, reason)
		}
	}
}

func TestVersionsAreCompared(t *testing.T) {
	for text, want := range map[string]Release{
		"rsync  version 3.2.7  protocol version 31\n": {3, 2, 7},
		"rsync  version v3.2.4dev protocol":           {3, 2, 4},
		"rsync version 3.4 protocol":                  {3, 4, 0},
	} {
		got, err := parseVersion(text)
		if err != nil || got != want {
			t.Errorf("%q: %v, %v, want %v", text, got, err, want)
		}
	}
	for _, c := range []struct {
		r    Release
		want bool
	}{{Release{3, 2, 3}, true}, {Release{3, 2, 2}, false}, {Release{3, 10, 0}, true}, {Release{4, 0, 0}, true}, {Release{2, 6, 9}, false}} {
		if c.r.AtLeast(3, 2, 3) != c.want {
			t.Errorf("%s at least 3.2.3: %t, want %t", c.r, !c.want, c.want)
		}
	}
}

func TestAnotherProgramMayRunRsync(t *testing.T) {
	w := newWorld(t)
	w.write("f=1")
	target := Target{Kind: Local, Path: filepath.Join(w.dst, "a/b"), Program: "env", Args: []string{"-u", "NOTHING", "rsync", "-a"}}
	w.run(target, w.flat("f"), Done)
	if _, err := os.Stat(filepath.Join(w.dst, "a/b/f")); err != nil {
		t.Error(err)
	}
}
