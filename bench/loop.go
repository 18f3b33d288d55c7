package main

import (
	_ "embed"
	"errors"
	"path/filepath"
)

//go:embed loop.sh
var loopScript string

// startLoop runs the script in a shell, for that is what it is. Paths go to it
// as arguments.
func startLoop(s *site, w wish) (*process, error) {
	if w.bwlimit != 0 || len(s.targets) != 1 {
		return nil, errors.New("the loop knows one target and no limit")
	}
	return launch(filepath.Join(s.dir, "loop.log"), "sh", "-c", loopScript, "loop", s.source, s.url(0)+"/")
}
