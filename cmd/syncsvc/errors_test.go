package main

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/syncsvc/syncsvc/config"
	"github.com/syncsvc/syncsvc/control"
)

func TestEveryKindOfErrorHasItsExitCode(t *testing.T) {
	for _, c := range []struct {
		err  error
		want int
	}{
		{nil, 0},
		{errors.New("x"), 1},
		{usage("", "x"), 2},
		{errBehind, 3},
		{fmt.Errorf("ask: %w", control.ErrNotRunning), 4},
		{errHeld, 5},
		{&control.Failed{Status: 503, Err: errors.New("x")}, 4},
		{&control.Failed{Status: 422, Err: errors.New("x")}, 6},
		{silent(errConfig), 6},
		{fmt.Errorf("load: %w", config.Join([]config.Problem{{Message: "x"}, {Message: "y"}})), 6},
		{withHint(fmt.Errorf("wait: %w", errBehind), "wait"), 3},
	} {
		if got := exitCode(c.err); got != c.want {
			t.Errorf("%v exits with %d, want %d", c.err, got, c.want)
		}
		if !strings.Contains(exitCodes, fmt.Sprintf("\n  %d  ", c.want)) {
			t.Errorf("code %d is not in the help", c.want)
		}
	}
}

func TestErrorIsOneLineAndAHint(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{nil, ""},
		{errors.New("x"), "syncsvc: x\n"},
		{withHint(errors.New("x"), "y"), "syncsvc: x\nhint: y\n"},
		{fmt.Errorf("w: %w", withHint(errors.New("x"), "y")), "syncsvc: w: x\nhint: y\n"},
		{usage("try this", "no %s", "sense"), "syncsvc: no sense\nhint: try this\n"},
		{fmt.Errorf("status: %w", &control.Failed{Err: errors.New("held"), Hint: "syncsvc approve www"}), "syncsvc: status: held\nhint: syncsvc approve www\n"},
		{config.Join([]config.Problem{{File: "f", Line: 1, Message: "x", Hint: "y"}}), "syncsvc: 1 problem in f\nf:1: x\nhint: y\n"},
	} {
		var out bytes.Buffer
		report(&out, c.err)
		if got := out.String(); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
	if withHint(nil, "x") != nil {
		t.Error("a hint makes an error of nothing")
	}
}
