package instance_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// refusing stands for an rsync with the fault of rsync issue 910: as soon as one
// path of a list is missing and to be deleted, it does nothing at all. The real
// one does so in the receiver; here the sender is asked first.
const refusing = `#!/bin/bash
list=$(mktemp)
trap 'rm -f "$list"' EXIT
case " $* " in
*" --delete-missing-args "*) ;;
*) exec REAL "$@" ;;
esac
cat > "$list"
while IFS= read -r -d '' name; do
	if [ ! -e "/proc/self/cwd/$name" ] && [ ! -L "/proc/self/cwd/$name" ]; then
		echo "invalid file mode 00 for ${name#./} [Receiver]" >&2
		echo "rsync error: protocol incompatibility (code 2) at flist.c(874) [Receiver=3.2.7]" >&2
		exit 2
	fi
done < "$list"
REAL "$@" < "$list"
`

// TestTargetThatRefusesDeletionsByNameIsMirroredAllTheSame: the fault is found
// out by the first deletion, told once, and worked around.
func TestTargetThatRefusesDeletionsByNameIsMirroredAllTheSame(t *testing.T) {
	t.Parallel()
	m := newMirror(t, 1)
	real, err := exec.LookPath("rsync")
	m.must(err)
	program := filepath.Join(m.dir, "faulty-rsync")
	m.program(program, strings.ReplaceAll(refusing, "REAL", real))
	m.options = []string{"rsync: {program: " + program + "}"}
	for i := range 20 {
		m.put("a/b/"+strconv.Itoa(i), "1")
		m.put("c/"+strconv.Itoa(i), "1")
	}
	m.put("d/e/f/g", "1")
	m.put("top", "1")
	m.start().settled()

	m.must(os.Remove(m.src("top")))
	m.must(os.Remove(m.src("a/b/7")))
	m.put("new", "1")
	m.settled()
	m.must(os.RemoveAll(m.src("c")))
	m.must(os.RemoveAll(m.src("d/e")))
	m.settled()
	m.must(os.Rename(m.src("a/b"), m.src("a/z")))
	m.must(os.Remove(m.src("a/z/3")))
	m.put("a/b", "a file where a folder was")
	m.settled()
	st := m.status().Targets[0]
	if st.Counters.FullSyncs != 1 || st.Failing != 0 {
		t.Errorf("%d full syncs, %d failing paths", st.Counters.FullSyncs, st.Failing)
	}
}
