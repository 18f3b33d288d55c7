package main

import (
	"cmp"

	"github.com/syncsvc/syncsvc/control"
)

// wins says which exit code wins where several would do.
const wins = `Where several codes would do, the first of 4, 6, 5 and 3 wins: the service, or a
module that should run, is not running; a configuration file has problems;
deletions are held; something is not in sync.`

// judge says of all modules whether they are well; what has been stopped or
// disabled on request does not count.
func judge(o control.Overview) error {
	var worst error
	if len(o.Problems) > 0 {
		worst = errConfig
	}
	for _, m := range o.Modules {
		if m.Wanted == control.WantedDown || m.Wanted == control.WantedDisabled {
			continue
		}
		worst = graver(worst, judgeModule(m))
	}
	return worst
}

// judgeModule says of one module whether it is well.
func judgeModule(m control.Module) error {
	switch {
	case m.State == control.Misconfigured:
		return errConfig
	case m.Pid == 0:
		return control.ErrNotRunning
	case len(m.Problems) > 0:
		return errConfig
	case m.Held > 0 || m.State == control.Held:
		return errHeld
	case m.State != control.Live || m.Owed > 0 || m.Failing > 0:
		return errBehind
	}
	return nil
}

// graver returns the one of two verdicts that wins.
func graver(a, b error) error {
	order := map[int]int{exitNotRunning: 4, exitConfig: 3, exitHeld: 2, exitBehind: 1}
	if cmp.Less(order[exitCode(a)], order[exitCode(b)]) {
		return b
	}
	return a
}
