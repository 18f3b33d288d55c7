package scan

import (
	"encoding/json"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/syncsvc/syncsvc/change"
)

// TestUnreadableFolderStaysOwed: what is in it is unknown, so it must neither
// be taken for empty nor for done.
func TestUnreadableFolderStaysOwed(t *testing.T) {
	p := newPlot(t)
	p.write("closed/file", "1")
	p.write("listed/file", "1")
	p.write("listed/dir/file", "1")
	p.write("open/file", "1")
	p.must(os.Chmod(p.at("closed"), 0))
	p.must(os.Chmod(p.at("listed"), 0o744)) // names can be read, entries not
	got := walkAsNobody(t, p)
	want := []change.Change{
		{Path: "closed", Scope: change.Tree},
		{Path: "listed", Scope: change.Tree}, // listed/dir is in it
	}
	slices.SortFunc(got.Changes, func(a, b change.Change) int { return strings.Compare(a.Path, b.Path) })
	if diff := cmp.Diff(want, got.Changes, cmpopts.IgnoreFields(change.Change{}, "Since")); diff != "" {
		t.Error(diff)
	}
	slices.Sort(got.Stats.Unreadable)
	if diff := cmp.Diff([]string{"closed", "listed", "listed/dir"}, got.Stats.Unreadable); diff != "" {
		t.Error(diff)
	}
}

// walkAsNobody walks as a user for whom permissions hold, which they do not
// for root.
func walkAsNobody(t *testing.T, p *plot) report {
	t.Helper()
	root, err := os.Open(p.root)
	p.must(err)
	defer root.Close()
	// The test binary lies in a folder of root's; its own link leads there.
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = []string{otherUser + "=1"}
	cmd.ExtraFiles = []*os.File{root}
	cmd.Dir = "/"
	if os.Getuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("walk as another user: %v: %s", err, out)
	}
	var r report
	p.must(json.Unmarshal(out, &r))
	return r
}
