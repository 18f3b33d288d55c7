package lsyncd

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConfigurationCannotReachOut(t *testing.T) {
	for _, call := range []string{
		`os.execute("touch /tmp/oops")`, `io.open("/etc/passwd")`, `require("os")`, `dofile("/etc/passwd")`, `load("x=1")`,
		`loadstring("x=1")`, `loadfile("/etc/passwd")`, `package.loadlib("x","y")`, `debug.getinfo(1)`, `coroutine.create(print)`,
	} {
		if _, err := Read(t.Context(), "lsyncd.conf.lua", call); err == nil || !strings.Contains(err.Error(), "it runs without os") {
			t.Errorf("%s: %v", call, err)
		}
	}
}

func TestEndlessConfigurationIsEnded(t *testing.T) {
	for _, text := range []string{`while true do end`, `local function f() return f() end f()`, `local function f() f() end f()`} {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		if _, err := Read(ctx, "lsyncd.conf.lua", text); err == nil {
			t.Errorf("%s ended well", text)
		}
		cancel()
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := Read(ctx, "lsyncd.conf.lua", `while true do end`); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("an endless loop: %v", err)
	}
}

func TestMistakesHaveTheirLine(t *testing.T) {
	for text, want := range map[string]string{
		"settings{\n  x =\n}":                            "line:3",
		"\nsync{default.rsync, target='/x'}":             "lsyncd.conf.lua:2: sync block 1 has no source",
		"sync{default.rsync, source='/a', target='h:b'}": "below a home folder",
		"settings{}": "has no sync block",
		"sync{default.rsyncssh, source='/a', host='h'}":   "absolute targetdir",
		"sync{default.direct, source='/a', target='b:c'}": "absolute target",
	} {
		if _, err := Read(t.Context(), "lsyncd.conf.lua", text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}
