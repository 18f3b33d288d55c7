package boot_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// joinEnv makes the test binary a stepping stone: it enters the control groups
// listed there and becomes the program in its arguments. Without control groups
// of their own, two machines would take each other's processes for theirs.
const joinEnv = "SYNCSVC_BOOT_JOIN"

// join returns only when it fails.
func join(argv []string) error {
	for _, group := range filepath.SplitList(os.Getenv(joinEnv)) {
		procs := filepath.Join(group, "cgroup.procs")
		if err := os.WriteFile(procs, []byte(strconv.Itoa(os.Getpid())), 0); err != nil {
			return err
		}
	}
	_ = os.Unsetenv(joinEnv)
	program, err := exec.LookPath(argv[0])
	if err != nil {
		return err
	}
	return fmt.Errorf("%s: %w", program, syscall.Exec(program, argv, os.Environ()))
}

// joined is a command that runs in control groups.
func joined(groups []string, argv ...string) (*exec.Cmd, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self, argv...)
	cmd.Env = append(os.Environ(), joinEnv+"="+strings.Join(groups, string(filepath.ListSeparator)))
	return cmd, nil
}

// hierarchy is a tree of control groups that systemd cares for: the unified one,
// and on hybrid hosts its own as well.
type hierarchy struct {
	folder string
	name   string // as in /proc/PID/cgroup; "" is the unified one
}

// hierarchies finds each once: systemd-nspawn mounts them at other places for a
// moment whenever a machine starts.
var hierarchies = sync.OnceValues(func() ([]hierarchy, error) {
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return nil, err
	}
	var found []hierarchy
	for line := range strings.Lines(string(mounts)) {
		before, after, _ := strings.Cut(line, " - ")
		place, what := strings.Fields(before), strings.Fields(after)
		if len(place) < 5 || len(what) < 3 {
			continue
		}
		name, ours := "", what[0] == "cgroup2"
		if what[0] == "cgroup" && strings.Contains(what[2], "name=systemd") {
			name, ours = "name=systemd", true
		}
		known := func(h hierarchy) bool { return h.name == name }
		if ours && !slices.ContainsFunc(found, known) {
			found = append(found, hierarchy{folder: place[4], name: name})
		}
	}
	return found, nil
})

// newGroups makes a control group for a machine in every hierarchy.
func newGroups(t *testing.T, name string) []string {
	t.Helper()
	found, err := hierarchies()
	if err != nil {
		t.Fatal(err)
	}
	var groups []string
	for _, h := range found {
		group := filepath.Join(h.folder, name)
		if err := os.Mkdir(group, 0o755); err != nil {
			t.Skipf("no control group can be made here: %v", err)
		}
		t.Cleanup(func() { emptyGroup(group) })
		groups = append(groups, group)
	}
	if len(groups) == 0 {
		t.Skip("no control groups are mounted here, and systemd needs them")
	}
	return groups
}

// groupsOf are the control groups that a process is in, as folders.
func groupsOf(pid int) ([]string, error) {
	found, err := hierarchies()
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/cgroup", pid))
	if err != nil {
		return nil, err
	}
	var groups []string
	for line := range strings.Lines(string(text)) {
		f := strings.SplitN(strings.TrimSpace(line), ":", 3)
		for _, h := range found {
			if f[1] == h.name {
				groups = append(groups, filepath.Join(h.folder, f[2]))
			}
		}
	}
	return groups, nil
}
