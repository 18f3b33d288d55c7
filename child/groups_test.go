package child

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

func TestOwnGroupIsFound(t *testing.T) {
	const (
		pure   = "25 1 0:22 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n"
		hybrid = "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n" +
			"41 31 0:38 / /sys/fs/cgroup/unified rw shared:9 - cgroup2 cgroup2 rw\n"
	)
	for _, c := range []struct{ name, mounts, own, want string }{
		{"systemd", pure, "0::/system.slice/syncsvc.service\n", "/sys/fs/cgroup/system.slice/syncsvc.service"},
		{"the root", pure, "0::/\n", "/sys/fs/cgroup"},
		{"both versions", hybrid, "4:memory:/x\n0::/\n", "/sys/fs/cgroup/unified"},
		{"a part is mounted", "1 1 0:2 /a /cg rw - cgroup2 c rw\n", "0::/a/b\n", "/cg/b"},
		{"blanks in names", `1 1 0:2 / /my\040cg rw - cgroup2 c rw`, "0::/b\n", "/my cg/b"},
		{"another part is mounted", "1 1 0:2 /a /cg rw - cgroup2 c rw\n", "0::/b\n", ""},
		{"outside of our namespace", pure, "0::/../x\n", ""},
		{"only the first version", strings.SplitAfter(hybrid, "\n")[1], "4:memory:/x\n", ""},
		{"not mounted", "", "0::/\n", ""},
	} {
		got, err := groupDir(c.mounts, c.own)
		if got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%s: %q, %v; want %q", c.name, got, err, c.want)
		}
	}
}

func TestProcessTableLineWithAnyName(t *testing.T) {
	line := "42 (a) R (b) S 7 41 40 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 123456 1 2"
	e, err := parseStat(line)
	if want := (entry{parent: 7, session: 40, state: 'S', start: 123456}); e != want || err != nil {
		t.Errorf("got %+v, %v; want %+v", e, err, want)
	}
	if _, err := parseStat("42 (x) S"); err == nil {
		t.Error("half a line is no error")
	}
}

func TestChildThatCannotBeStartedInItsGroupIsMovedThere(t *testing.T) {
	s := open(t, false)
	s.notInside(unix.ENOSYS)
	p := start(t, s, "parent", nil)
	all := pids(t, bufio.NewScanner(p.Output), "plain", "daemon", "child")
	if inside := p.group.pids(); !slices.Contains(inside, p.Pid()) {
		t.Errorf("the child is not in its group: %v", inside)
	}
	p.Kill()
	p.End()
	for role, pid := range all {
		if there(pid) {
			t.Errorf("%s %d is still there", role, pid)
		}
	}
	if _, err := os.Stat(p.group.dir); err == nil {
		t.Error("the group is still there")
	}
}

func TestChildrenDoWithoutGroupsThatCannotBeUsed(t *testing.T) {
	s := open(t, false)
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.groups.close)
	s.groups = &groups{own: file, dir: file}
	p := start(t, s, "idle", nil)
	if p.group != nil || s.groups != nil {
		t.Error("it has a group")
	}
	p.Kill()
	p.End()
}

func TestProgramThatIsNotThere(t *testing.T) {
	both(t, func(t *testing.T, plain bool) {
		s := open(t, plain)
		_, err := s.Start(Spec{Name: "www", Cmd: self("idle")})
		if err != nil {
			t.Fatal(err)
		}
		c := self("idle")
		c.Path = "/nowhere/syncsvc"
		_, err = s.Start(Spec{Name: "bbs", Cmd: c})
		if !errors.Is(err, unix.ENOENT) || !strings.Contains(err.Error(), "/nowhere/syncsvc") {
			t.Errorf("got %v", err)
		}
		if s.outside {
			t.Error("that is taken for a fault of control groups")
		}
	})
}

// cramped is in a group and lets groups inside use a controller.
func cramped() int {
	own, err := ownGroup()
	g := &groups{own: own, dir: filepath.Join(own, "inner")}
	if err == nil {
		err = os.Mkdir(g.dir, 0o755)
	}
	if err == nil {
		err = g.enable(os.Args[1], true)
	}
	moved, _ := ownGroup()
	fmt.Println(filepath.Base(moved), err)
	return 0
}

func TestSupervisorMakesRoomForControllers(t *testing.T) {
	s := open(t, false)
	have, err := os.ReadFile(filepath.Join(s.groups.own, "cgroup.controllers"))
	if err != nil {
		t.Fatal(err)
	}
	controllers := strings.Fields(string(have))
	if len(controllers) == 0 {
		t.Skip("no controllers here to try with")
	}
	controller := controllers[0]
	if err := s.groups.enable(controller, false); err != nil {
		t.Skipf("%s cannot be used here: %v", controller, err)
	}
	p := start(t, s, "cramped", func(spec *Spec) { spec.Cmd.Args = append(spec.Cmd.Args, controller) })
	defer func() {
		for _, dir := range []string{"inner", "main"} {
			_ = os.Remove(filepath.Join(p.group.dir, dir))
		}
		p.End()
	}()
	got := read(t, p, 1)
	if len(got) != 1 || got[0] != "main <nil>" {
		t.Errorf("it is in %v", got)
	}
	<-p.Exited()
	_ = unix.Kill(p.Pid(), syscall.SIGKILL)
}

// TestMemoryLimitIsWrittenAsTheKernelReadsIt uses plain files: many machines have
// no memory controller for the second version.
func TestMemoryLimitIsWrittenAsTheKernelReadsIt(t *testing.T) {
	g := &group{dir: t.TempDir()}
	for file, text := range map[string]string{
		"memory.max": "", "memory.swap.max": "", "memory.oom.group": "",
		"memory.events": "low 0\nhigh 0\nmax 12\noom 1\noom_kill 3\noom_group_kill 1\n",
	} {
		if err := os.WriteFile(filepath.Join(g.dir, file), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := g.limit(512 << 20); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{"memory.max": "536870912", "memory.swap.max": "0", "memory.oom.group": "1"} {
		if got, err := os.ReadFile(filepath.Join(g.dir, file)); string(got) != want || err != nil {
			t.Errorf("%s: %q, %v; want %q", file, got, err, want)
		}
	}
	if n := g.oomKills(); n != 3 {
		t.Errorf("%d oom kills", n)
	}
}
