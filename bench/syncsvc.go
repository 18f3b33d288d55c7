package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/syncsvc/syncsvc/control"
)

// moduleName is the module's and its file's.
const moduleName = "bench"

// startSyncsvc runs one module with everything at its default but the backend,
// which is named for the table. What it remembers stays in the site, so that
// the second start on one is a restart.
func startSyncsvc(program string, s *site, w wish) (*process, error) {
	backend := w.backend
	if backend == "" {
		backend = "inotify"
	}
	var conf strings.Builder
	fmt.Fprintf(&conf, "watch: %s\nbackend: %s\ntargets:\n", s.source, backend)
	for i := range s.targets {
		fmt.Fprintf(&conf, "  - %s\n", s.url(i))
	}
	if w.bwlimit > 0 {
		fmt.Fprintf(&conf, "rsync: {bwlimit: %dm}\n", w.bwlimit)
	}
	file := filepath.Join(s.dir, moduleName+".yaml")
	if err := os.WriteFile(file, []byte(conf.String()), 0o644); err != nil {
		return nil, fmt.Errorf("write the module file: %w", err)
	}
	in := func(name string) string { return filepath.Join(s.dir, name) }
	return launch(in("syncsvc.log"), program, "instance", "--module", file,
		"--state-dir", in("state"), "--run-dir", in("run"), "--log-dir", in("log"))
}

// askStatus asks the syncsvc at work on a site how it is.
func askStatus(ctx context.Context, s *site) (control.Status, error) {
	var st control.Status
	err := control.Dial(control.Socket(filepath.Join(s.dir, "run"), moduleName)).Get(ctx, "/v1/status", &st)
	return st, err
}
