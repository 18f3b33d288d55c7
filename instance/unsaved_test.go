package instance_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestCheckpointThatCannotBeSavedIsNotCalledSaved: nothing to write in one
// second does not mean that the disk takes it again.
func TestCheckpointThatCannotBeSavedIsNotCalledSaved(t *testing.T) {
	t.Parallel()
	m := newMirror(t, 1)
	m.put("a", "1")
	m.start().settled()
	said := func(text string) bool { return strings.Contains(m.output.String(), text) }

	folder := filepath.Join(m.state, "www")
	m.immutable(folder, "+")
	m.put("a", "2")
	m.until("a failure is told", func() bool { return said("saving the checkpoint failed") })
	began := time.Now()
	m.until("a few more have passed", func() bool {
		upto := m.status().Targets[0].Upto
		return upto != nil && upto.After(began.Add(3*time.Second))
	})
	if said("the checkpoint is saved again") {
		t.Error("it was called saved although nothing could be written")
	}
	m.immutable(folder, "-")
	m.until("it is saved again", func() bool { return said("the checkpoint is saved again") })
}
