package main

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/syncsvc/syncsvc/config"
	"github.com/syncsvc/syncsvc/control"
)

// TestSlowTwinIsOneToo: the one that runs may be slow to answer, on a busy
// machine. A second one would write its module files anew.
func TestSlowTwinIsOneToo(t *testing.T) {
	f := newFake(t, control.ServiceName) // listens, and does not serve yet
	defer f.Close()
	r := &sersyncRun{path: "confxml.xml", service: &config.Service{RunDir: filepath.Join(f.dir, "run")}}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if err := r.alone(ctx); err == nil || !strings.Contains(err.Error(), "confxml.xml runs already") {
		t.Errorf("got %v", err)
	}
	r.service.RunDir = t.TempDir()
	if err := r.alone(t.Context()); err != nil {
		t.Errorf("where nobody is: %v", err)
	}
}
