package instance_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// meddling stands for somebody who changes the tree after a job was planned and
// before rsync comes to look: as soon as a list has a name that a script is
// kept for, the script is run, once, in the watch root.
const meddling = `#!/bin/bash
case " $* " in
*" --from0 "*) ;;
*) exec REAL "$@" ;;
esac
list=$(mktemp)
trap 'rm -f "$list"' EXIT
cat > "$list"
while IFS= read -r -d '' name; do
	if mv "DIR/meddle-${name#./}" "$list.sh" 2>/dev/null; then
		sh -e "$list.sh"
		rm "$list.sh"
	fi
done < "$list"
REAL "$@" < "$list"
`

// meddler is a mirror whose rsync can be meddled with.
func meddler(t *testing.T, options ...string) *mirror {
	t.Helper()
	m := newMirror(t, 1, options...)
	real, err := exec.LookPath("rsync")
	m.must(err)
	text := strings.NewReplacer("REAL", real, "DIR", m.dir).Replace(meddling)
	m.must(os.WriteFile(filepath.Join(m.dir, "meddling-rsync"), []byte(text), 0o755))
	m.options = append(m.options, "rsync: {program: "+filepath.Join(m.dir, "meddling-rsync")+"}")
	return m
}

// beforeSending has a script run between the look at a top-level name and the
// rsync that sends it.
func (m *mirror) beforeSending(name, script string) {
	m.Helper()
	m.must(os.WriteFile(filepath.Join(m.dir, "meddle-"+name), []byte("cd "+m.source+"\n"+script), 0o644))
}

// meddled waits until the script for a name was run.
func (m *mirror) meddled(name string) {
	m.Helper()
	m.until("the script for "+name+" is run", func() bool {
		_, err := os.Stat(filepath.Join(m.dir, "meddle-"+name))
		return err != nil
	})
}

// TestFolderThatWasAFileWhenItWasLookedAt: what the target has beneath the name,
// from a folder of before, is no part of the one that is there now.
func TestFolderThatWasAFileWhenItWasLookedAt(t *testing.T) {
	t.Parallel()
	m := meddler(t)
	m.put("d/old/f", "1")
	m.put("d/old-too", "1")
	m.put("x", "a file")
	m.start().settled()
	m.beforeSending("d", "rm d\nmkdir d\necho 1 > d/new\n")
	m.exchange("d", "x")
	m.meddled("d")
	m.settled()
}

// TestFolderReplacedWhileAFileInItIsSent: the job finds another file, of the
// same size and second, under the old name. What it had is to be carried over
// to the new one.
func TestFolderReplacedWhileAFileInItIsSent(t *testing.T) {
	t.Parallel()
	m := meddler(t)
	m.put("a/f", "what it was")
	m.start().settled()
	m.post("/v1/pause", nil)
	m.must(os.Chmod(m.src("a/f"), 0o600))
	m.put("g", "1")
	m.seen()
	m.beforeSending("g", "mv a b\nmkdir a\nprintf 'what it is ' > a/f\ntouch -r b/f a/f\n")
	m.post("/v1/resume", nil)
	m.meddled("g")
	m.settled()
	if !m.has(0, "b/f", "what it was") || !m.has(0, "a/f", "what it is ") {
		t.Error("the two files were confused")
	}
}
