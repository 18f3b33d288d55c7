package instance_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/syncsvc/syncsvc/control"
)

func (m *mirror) verify(req control.VerifyRequest) (a control.VerifyAnswer) {
	m.Helper()
	m.must(m.client.Post(m.Context(), "/v1/verify", req, &a))
	return a
}

// found are the differences of an answer by path, folders whose time differs
// left out.
func found(a control.VerifyAnswer) map[string]string {
	list := map[string]string{}
	for _, d := range a.Differences {
		if d.What != "attributes: time" {
			list[string(d.Path)] = d.What
		}
	}
	return list
}

func TestVerifyFindsDifferencesAndRepairsThemWhenAsked(t *testing.T) {
	t.Parallel()
	m := newMirror(t, 1, `exclude: ["*.tmp"]`)
	for _, p := range []string{"d/same", "d/size", "d/secret", "d/mode", "d/missing", "e/f"} {
		m.put(p, "1234")
	}
	m.start().settled()
	if a := m.verify(control.VerifyRequest{Checksum: true}); len(a.Differences) > 0 || a.Compared != 6 || len(a.Errors) > 0 {
		t.Errorf("of what is alike: %+v", a)
	}

	theirs := func(name string) string { return filepath.Join(m.targets[0], name) }
	secret, err := os.Stat(theirs("d/secret"))
	m.must(err)
	m.must(os.WriteFile(theirs("d/size"), []byte("other"), 0o644))
	m.must(os.Chtimes(theirs("d/size"), time.Time{}, secret.ModTime().Add(-time.Hour)))
	m.must(os.WriteFile(theirs("d/secret"), []byte("4321"), 0o644))
	m.must(os.Chtimes(theirs("d/secret"), time.Time{}, secret.ModTime()))
	m.must(os.Chmod(theirs("d/mode"), 0o600))
	m.must(os.Remove(theirs("d/missing")))
	m.must(os.WriteFile(theirs("d/extra"), nil, 0o644))
	m.must(os.WriteFile(theirs("d/theirs.tmp"), nil, 0o644)) // none of our business

	quick := map[string]string{
		"d/size": "content: size, time", "d/mode": "attributes: mode", "d/missing": "missing", "d/extra": "extra",
	}
	if diff := cmp.Diff(quick, found(m.verify(control.VerifyRequest{}))); diff != "" {
		t.Error(diff)
	}
	if a := m.verify(control.VerifyRequest{Path: "e"}); len(found(a)) > 0 || a.Compared != 1 {
		t.Errorf("of a part: %+v", a)
	}
	if a := m.verify(control.VerifyRequest{Path: "d/mode"}); len(found(a)) != 1 || a.Compared != 1 {
		t.Errorf("of a file: %+v", a)
	}
	sample := found(m.verify(control.VerifyRequest{Sample: 100, Checksum: true}))
	if sample["d/secret"] != "content: checksum" || sample["d/missing"] != "missing" {
		t.Errorf("of a sample: %v", sample)
	}
	if a := m.verify(control.VerifyRequest{Sample: 0.001}); a.Compared > 1 {
		t.Errorf("of a tiny sample %d are compared", a.Compared)
	}
	if text, _ := os.ReadFile(theirs("d/size")); string(text) != "other" {
		t.Error("something was changed")
	}

	careful := map[string]string{
		"d/size": "content: checksum, size, time", "d/secret": "content: checksum", "d/mode": "attributes: mode",
		"d/missing": "missing", "d/extra": "extra",
	}
	a := m.verify(control.VerifyRequest{Checksum: true, Repair: true})
	if diff := cmp.Diff(careful, found(a)); diff != "" || a.Repairing < 5 {
		t.Errorf("repairs %d of\n%s", a.Repairing, diff)
	}
	m.must(os.Remove(theirs("d/theirs.tmp")))
	m.settled()
}

func TestVerifyKnowsWhatIsOnItsWay(t *testing.T) {
	t.Parallel()
	m := newMirror(t, 2, `exclude_regex: ['.*[0-9]{4}\.bak']`)
	m.put("f", "1")
	m.put("g1234.bak", "1")
	m.start().settle()
	m.post("/v1/pause", control.TargetRequest{Target: m.urls[0]})
	m.put("f", "222")
	m.until("the other target has it", func() bool {
		return m.has(1, "f", "222") && m.status().Targets[1].Owed == 0 && m.status().Targets[0].Owed > 0
	})
	a := m.verify(control.VerifyRequest{})
	for _, d := range a.Differences {
		if d.Target != m.urls[0] || !d.Owed {
			t.Errorf("a difference: %+v", d)
		}
	}
	if found(a)["f"] == "" {
		t.Errorf("what is owed is not told: %+v", a)
	}
	m.post("/v1/resume", nil)
	m.daemon.Stop()
	a = m.verify(control.VerifyRequest{})
	if len(a.Errors) != 2 || !strings.Contains(fmt.Sprint(a.Errors), "refused") {
		t.Errorf("without a daemon: %+v", a)
	}
	for _, bad := range []control.VerifyRequest{{Sample: 101}, {Path: "../x"}, {Target: "nowhere"}} {
		if err := m.client.Post(t.Context(), "/v1/verify", bad, nil); err == nil {
			t.Errorf("%+v was accepted", bad)
		}
	}
}
