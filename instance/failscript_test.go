package instance_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestFailLogIsAScriptThatDoesWhatIsOwed(t *testing.T) {
	t.Parallel()
	m := newMirror(t, 1, "fail_log: {retry_every: 1h, format: sersync}")
	const name = `it's $(touch oops) "x" ` + "`touch oops`\n#2"
	m.put(name, "1")
	m.put("gone", "1")
	m.start().settled()
	for _, n := range []string{name, "gone"} {
		m.immutable(filepath.Join(m.targets[0], n), "+")
	}
	m.put(name, "22")
	m.must(os.Remove(m.src("gone")))
	m.onList(name, 3) // the next try is far away
	m.onList("gone", 3)
	log := filepath.Join(m.dir, "www.fail.log")
	m.until("the fail log has both", func() bool { return strings.Count(m.failLog(), "\n#errno 5888\ncd ") == 2 })
	if info, err := os.Stat(log); err != nil || info.Mode() != 0o600 {
		t.Errorf("the fail log is %v, %v", info.Mode(), err)
	}
	script := filepath.Join(m.dir, "script") // the log is empty when they are tried again
	m.must(os.WriteFile(script, []byte(m.failLog()), 0o600))
	for _, n := range []string{name, "gone"} {
		m.immutable(filepath.Join(m.targets[0], n), "-")
	}
	cmd := exec.Command("sh", script)
	cmd.Dir = m.dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("sh: %v\n%s\n%s", err, out, m.failLog())
	}
	if !m.has(0, name, "22") {
		t.Errorf("it was not sent:\n%s", out)
	}
	if _, err := os.Lstat(filepath.Join(m.targets[0], "gone")); err == nil {
		t.Errorf("it was not deleted:\n%s", out)
	}
	for _, dir := range []string{m.dir, m.source} {
		if _, err := os.Lstat(filepath.Join(dir, "oops")); err == nil {
			t.Error("a file's name was run")
		}
	}
}

func TestFullSyncLeavesWhatItIsToldTo(t *testing.T) {
	t.Parallel()
	m := newMirror(t, 1, `full_compare: {exclude: ["*.iso", "info/*"]}`)
	m.put("a.iso", "1")
	m.put("d/info/b", "1")
	m.put("c", "1")
	m.must(os.WriteFile(filepath.Join(m.targets[0], "theirs.iso"), nil, 0o600))
	m.start().settle()
	if !m.has(0, "c", "1") || m.has(0, "a.iso", "1") || m.has(0, "d/info/b", "1") || !m.has(0, "theirs.iso", "") {
		t.Error("the full sync did not leave it")
	}
	m.put("a.iso", "22")
	m.until("a change is sent all the same", func() bool { return m.has(0, "a.iso", "22") })
}

func TestOutageIsInTheScriptUntilItIsOver(t *testing.T) {
	t.Parallel()
	d := newDistant(t, nil, "fail_log: {format: sersync}")
	d.put("gone", "1")
	d.start().settled()
	d.far.Stop()
	d.put("it's $(touch oops)", "2")
	d.must(os.Remove(d.src("gone")))
	d.until("the fail log has both", func() bool {
		text, _ := os.ReadFile(filepath.Join(d.dir, "www.fail.log"))
		log := string(text)
		return strings.Count(log, "\n#errno 2560\ncd ") == 2 && strings.Contains(log, "/far/\n") && strings.Contains(log, "./gone")
	})
	d.must(d.far.Restart(d.module))
	d.until("the fail log is empty", func() bool { return !strings.Contains(d.failLog(), "#errno") })
	if !d.has(1, "it's $(touch oops)", "2") {
		t.Error("it is not there")
	}
}
