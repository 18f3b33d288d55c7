package instance_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/syncsvc/syncsvc/control"
)

// awkward are names that a shell, a protocol or a pattern might stumble over.
var awkward = []string{
	" ", "a b", `"quoted"`, "it's", "`id`", "$(id)", "*", "wild*", "[a]", "?", `back\slash`, `\#012`, "#", ";", "%41", "&|<>",
	".hidden", "-rf", "--delete", "new\nline", "tab\t", "\xff\xfe", "ü", "~", ":", "a:b", "host::module", strings.Repeat("n", 255),
}

func TestEveryKindOfTarget(t *testing.T) {
	onKinds(t, func(t *testing.T, m *mirror) {
		m.put("before", "1")
		m.put("wild1", "stays")
		for _, name := range awkward {
			m.put("before the start/"+name, name)
		}
		m.start().settled()
		for _, name := range awkward {
			m.put("live/"+name+"/"+name, name)
			m.put(name, name)
		}
		m.settled()
		m.rename("live", "renamed")
		m.put("before", "2")
		for _, name := range awkward {
			m.must(os.Remove(m.src(name)))
			m.must(os.RemoveAll(m.src("renamed/" + name)))
		}
		m.settled()
		if !m.has(0, "wild1", "stays") {
			t.Error(`deleting "wild*" deleted wild1`)
		}
		if st := m.status().Targets[0]; st.Failing != 0 || st.Counters.FullSyncs != 1 {
			t.Errorf("status: %+v", st)
		}
	})
}

func TestHostKeyIsAnotherOne(t *testing.T) {
	t.Parallel()
	m := newMirror(t, 1)
	s := m.serveSSH()
	key, err := os.ReadFile(s.KnownHosts)
	m.must(err)
	name, _, _ := strings.Cut(string(key), " ")
	other, err := os.ReadFile(s.IdentityFile + ".pub")
	m.must(err)
	m.must(os.WriteFile(s.KnownHosts, []byte(name+" "+string(other)), 0o600))
	m.urls[0] = sshTarget(s, m.targets[0], "")
	m.refused("IDENTIFICATION HAS CHANGED", "known_hosts")
	m.must(os.WriteFile(s.KnownHosts, key, 0o600))
	m.settled()
}

func TestKeyIsNotAccepted(t *testing.T) {
	t.Parallel()
	m := newMirror(t, 1)
	s := m.serveSSH()
	accepted := filepath.Join(filepath.Dir(s.IdentityFile), "authorized_keys")
	m.must(os.Rename(accepted, accepted+".away"))
	m.urls[0] = sshTarget(s, m.targets[0], "")
	m.refused("Permission denied", "identity_file")
	m.must(os.Rename(accepted+".away", accepted))
	m.settled()
}

// refused starts the module and waits until its only target is known to refuse.
func (m *mirror) refused(reason, hint string) {
	m.Helper()
	m.put("f", "1")
	m.start()
	var st control.Status
	m.until("the target is away because of "+reason, func() bool { // on a busy machine of something else before
		st = m.status()
		return st.State == control.Backoff && strings.Contains(st.Targets[0].Reason, reason)
	})
	if one := st.Targets[0]; !strings.Contains(one.Hint, hint) || !strings.Contains(st.Reason, reason) {
		m.Errorf("the target is away because of %q, hint %q; the module says %q", one.Reason, one.Hint, st.Reason)
	}
}

func TestMissingLocalFolderIsMade(t *testing.T) {
	t.Parallel()
	m := newMirror(t, 1)
	m.targets[0] = filepath.Join(m.dir, "disk", "copy")
	m.urls[0] = m.targets[0]
	m.mkdir(filepath.Dir(m.targets[0]))
	m.put("d/f", "1")
	m.start().settled()
	m.must(os.RemoveAll(m.targets[0]))
	m.put("one more", "1")
	m.settled()
}

// TestMissingDiskIsNotMade: a folder whose parent is missing as well is most
// likely on a disk that is not there.
func TestMissingDiskIsNotMade(t *testing.T) {
	t.Parallel()
	m := newMirror(t, 1)
	m.targets[0] = filepath.Join(m.dir, "disk", "copy")
	m.urls[0] = m.targets[0]
	m.refused("no such file or directory", "mounted")
	if _, err := os.Stat(filepath.Join(m.dir, "disk")); err == nil {
		t.Error("the folder of the disk was made")
	}
	m.mkdir(filepath.Dir(m.targets[0]))
	m.settled()
}
