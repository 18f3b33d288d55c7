package child

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// groups is the folder of the kernel's in which each child gets a control group
// of its own. A process cannot leave its control group by itself, whatever
// groups and sessions it makes.
type groups struct {
	own    string // our control group
	dir    string // in it, for the children of one state folder
	limits string // why memory cannot be limited there; "" = it can
}

// memoryController is what limits memory.
const memoryController = "memory"

// findGroups makes the folder, and ends what an earlier process with the same
// family has left in it.
func findGroups(family string, log *slog.Logger) (*groups, error) {
	own, err := ownGroup()
	if err != nil {
		return nil, err
	}
	g := &groups{own: own, dir: filepath.Join(own, "syncsvc-"+family)}
	if err := os.Mkdir(g.dir, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("make a control group: %w", err)
	}
	g.sweep(func(pids []int) { log.Warn("ending what a killed supervisor left behind", "pids", pids) })
	if err := g.enable(memoryController, mayMove(own)); err != nil {
		g.limits = err.Error()
	}
	return g, nil
}

// sweep ends all groups that are there, and tells who is alive in one.
func (g *groups) sweep(found func(pids []int)) {
	left, _ := filepath.Glob(filepath.Join(g.dir, groupPrefix+"*"))
	for _, dir := range left {
		old := &group{dir: dir}
		if pids := old.pids(); len(pids) > 0 {
			found(pids)
		}
		_ = old.end() // what stays is taken over by the next child of that name
	}
}

// close removes the folder with what is left in it.
func (g *groups) close() {
	g.sweep(func([]int) {})
	_ = os.Remove(g.dir)
}

// enable lets the groups of children use a controller. The kernel allows that
// only where no process is in a group with groups inside, so we may have to
// move.
func (g *groups) enable(controller string, mayMove bool) error {
	have, err := os.ReadFile(filepath.Join(g.own, "cgroup.controllers"))
	if err != nil {
		return err
	}
	if !slices.Contains(strings.Fields(string(have)), controller) {
		return fmt.Errorf("%s has no %s controller", g.own, controller)
	}
	err = turnOn(g.own, controller)
	if errors.Is(err, unix.EBUSY) && mayMove {
		err = g.moveAside(controller)
	}
	if err != nil {
		return err
	}
	return turnOn(g.dir, controller)
}

func turnOn(dir, controller string) error {
	if err := tell(dir, "cgroup.subtree_control", "+"+controller); err != nil {
		return fmt.Errorf("use the %s controller: %w", controller, err)
	}
	return nil
}

// moveAside makes room: we go into a group of our own.
func (g *groups) moveAside(controller string) error {
	leaf := filepath.Join(g.own, "main")
	if err := os.Mkdir(leaf, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("make a control group: %w", err)
	}
	const ourselves = "0"
	if err := tell(leaf, "cgroup.procs", ourselves); err != nil {
		return fmt.Errorf("move to another control group: %w", err)
	}
	err := turnOn(g.own, controller)
	if err != nil { // somebody else is there too
		err = errors.Join(err, tell(g.own, "cgroup.procs", ourselves), os.Remove(leaf))
	}
	return err
}

// mayMove reports whether our control group is ours to arrange: it was
// delegated by systemd, or there is no systemd to mind.
func mayMove(own string) bool {
	for _, attribute := range []string{"user.delegate", "trusted.delegate"} {
		var value [1]byte
		if n, err := unix.Getxattr(own, attribute, value[:]); err == nil && n == 1 && value[0] == '1' {
			return true
		}
	}
	_, err := os.Stat("/run/systemd/system")
	return errors.Is(err, fs.ErrNotExist)
}

// tell writes to one of the files by which control groups are controlled.
func tell(dir, file, text string) error {
	f, err := os.OpenFile(filepath.Join(dir, file), os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}

// groupPrefix begins the name of a child's control group.
const groupPrefix = "i-"

// group is the control group of one child.
type group struct {
	dir string
	fd  *os.File // for starting a process in it
}

// add makes a group, or takes the one that is there.
func (g *groups) add(name string) (*group, error) {
	if len(name) > 200 { // a file's name may have 255 bytes
		name = name[:160] + "-" + family(name)
	}
	one := &group{dir: filepath.Join(g.dir, groupPrefix+name)}
	if err := os.MkdirAll(one.dir, 0o755); err != nil { // somebody may have tidied up
		return nil, fmt.Errorf("make a control group: %w", err)
	}
	fd, err := os.Open(one.dir)
	if err != nil {
		return nil, fmt.Errorf("open a control group: %w", err)
	}
	one.fd = fd
	return one, nil
}

// limit bounds the memory of all processes in the group; 0 means no limit. When
// the limit is reached the kernel kills all of them, because what is left of a
// module that has lost a part of itself is of no use.
func (g *group) limit(bytes int64) error {
	text := "max"
	if bytes > 0 {
		text = fmt.Sprint(bytes)
		_ = tell(g.dir, "memory.swap.max", "0") // not on every kernel
		_ = tell(g.dir, "memory.oom.group", "1")
	}
	return tell(g.dir, "memory.max", text)
}

// oomKills returns how often the kernel killed somebody in the group for want
// of memory.
func (g *group) oomKills() int {
	text, err := os.ReadFile(filepath.Join(g.dir, "memory.events"))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		var n int
		if _, err := fmt.Sscanf(line, "oom_kill %d", &n); err == nil {
			return n
		}
	}
	return 0
}

// join moves a process into the group.
func (g *group) join(pid int) error { return tell(g.dir, "cgroup.procs", fmt.Sprint(pid)) }

// pids returns who is in the group and alive.
func (g *group) pids() []int {
	text, err := os.ReadFile(filepath.Join(g.dir, "cgroup.procs"))
	if err != nil {
		return nil
	}
	var pids []int
	for line := range strings.Lines(string(text)) {
		var pid int
		if _, err := fmt.Sscan(line, &pid); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

// kill kills everybody in the group. Linux before 5.14 has no cgroup.kill.
func (g *group) kill() {
	if tell(g.dir, "cgroup.kill", "1") == nil {
		return
	}
	for _, pid := range g.pids() {
		_ = unix.Kill(pid, syscall.SIGKILL)
	}
}

// endPatience is how long a killed process may take to be gone.
const endPatience = 2 * time.Second

// end waits a moment for the group to be empty, kills who is left, and removes
// it.
func (g *group) end() error {
	defer closeAll([]*os.File{g.fd})
	began, pause := time.Now(), time.Millisecond
	for {
		err := os.Remove(g.dir)
		if err == nil || errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		switch waited := time.Since(began); {
		case waited > partingGrace+endPatience:
			return fmt.Errorf("remove control group with processes %v: %w", g.pids(), err)
		case waited > partingGrace:
			g.kill()
		}
		<-time.After(pause)
		pause = min(2*pause, 50*time.Millisecond)
	}
}
