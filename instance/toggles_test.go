package instance_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/syncsvc/syncsvc/control"
)

// holds reports whether a target has anything under a name.
func (m *mirror) holds(target int, path string) bool {
	_, err := os.Lstat(filepath.Join(m.targets[target], path))
	return err == nil
}

// TestEventsThatAreNotFollowed: what is switched off does not happen live; a
// full compare makes up for it.
func TestEventsThatAreNotFollowed(t *testing.T) {
	for name, one := range map[string]struct {
		do, ignored func(m *mirror) // ignored fails when it was not
	}{
		"delete": {
			do: func(m *mirror) { m.must(os.Remove(m.src("f"))) },
			ignored: func(m *mirror) {
				if !m.holds(0, "f") {
					m.Error("the deletion was made")
				}
			},
		},
		"attrib": {
			do: func(m *mirror) { m.must(os.Chmod(m.src("f"), 0o600)) },
			ignored: func(m *mirror) {
				if st, err := os.Stat(filepath.Join(m.targets[0], "f")); err != nil || st.Mode().Perm() == 0o600 {
					m.Error("the mode was changed", err)
				}
			},
		},
		"create_file": {
			do: func(m *mirror) { m.must(os.Symlink("f", m.src("l"))) },
			ignored: func(m *mirror) {
				if m.holds(0, "l") {
					m.Error("the link was made")
				}
			},
		},
		"create_folder": {
			do: func(m *mirror) { m.mkdir(m.src("empty")) },
			ignored: func(m *mirror) {
				if m.holds(0, "empty") {
					m.Error("the folder was made")
				}
			},
		},
		"move_to": {
			do: func(m *mirror) { m.must(os.Rename(m.attic("in"), m.src("in"))) },
			ignored: func(m *mirror) {
				if m.holds(0, "in") {
					m.Error("what was moved in was sent")
				}
			},
		},
		"move_from": {
			do: func(m *mirror) { m.must(os.Rename(m.src("f"), m.attic("f"))) },
			ignored: func(m *mirror) {
				if !m.holds(0, "f") {
					m.Error("what was moved out was deleted")
				}
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMirror(t, 1, "events: {"+name+": false}")
			m.put("f", "1")
			m.mkdir(m.attic("."), m.src("sub"))
			m.must(os.WriteFile(m.attic("in"), []byte("1"), 0o644))
			m.start().settled()
			one.do(m)
			m.put("sub/other", "1") // what is still followed
			m.until("the other file is there", func() bool { return m.has(0, "sub/other", "1") })
			m.settle()
			one.ignored(m)
			m.post("/v1/sync", nil)
			m.until("the full compare is done", func() bool { return m.fullSyncs() == 2 })
			m.settled()
		})
	}
}

// TestWaitDoesNotWaitForTheNextPoll: it has a polled tree looked at.
func TestWaitDoesNotWaitForTheNextPoll(t *testing.T) {
	m := newMirror(t, 1, "backend: poll", "poll_every: 1d")
	m.start().settled()
	m.put("later", "1")
	m.settled()
	if !m.has(0, "later", "1") {
		t.Error("wait came back before the file was there")
	}
	if st := m.status(); st.State != control.Live || st.Reason != "" {
		t.Errorf("polled as it was asked to, it is %s: %s", st.State, st.Reason)
	}
}

// TestPolling finds all that a walk by change times can find.
func TestPolling(t *testing.T) {
	m := newMirror(t, 1, "backend: poll", "poll_every: 1s", `rsync: {args: ["-aX"]}`, "max_delete: off")
	m.mkdir(m.attic("."))
	all := map[string]deed{}
	for _, some := range []map[string]deed{made(), changed(), moved(), replaced(), special(os.Getuid() == 0)} {
		for name, what := range some {
			all[name] = what
		}
	}
	// Folders whose files have the same sizes and times: what a walk takes for moved
	// trusts the quick check. It is seen only while the files themselves are new.
	delete(all, "folders exchanged")
	for name, what := range all {
		m.mkdir(m.src(name))
		if what.before != nil {
			what.before(&scene{m, name})
		}
	}
	m.start().settled()
	for name, what := range all {
		what.do(&scene{m, name})
	}
	m.settled()
	if n := m.fullSyncs(); n != 1 {
		t.Errorf("%d full syncs, want only the first", n)
	}
}
