package child

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// facts tells what its own child has inherited.
func facts() int {
	if len(os.Args) == 1 {
		c := self("facts", "again")
		c.Stdout, c.Stderr = os.Stdout, os.Stderr
		if c.Run() != nil {
			return 1
		}
		return idle()
	}
	nice, _ := unix.Getpriority(unix.PRIO_PROCESS, 0)
	io, _, _ := unix.Syscall(unix.SYS_IOPRIO_GET, 1, 0, 0)
	oom, _ := os.ReadFile("/proc/self/oom_score_adj")
	status, _ := os.ReadFile("/proc/self/status")
	fmt.Println("nice", 20-nice, "io", io, "oom", strings.TrimSpace(string(oom)))
	for line := range strings.Lines(string(status)) {
		if strings.HasPrefix(line, "Uid:") || strings.HasPrefix(line, "CapEff:") {
			fmt.Println(strings.Join(strings.Fields(line), " "))
		}
	}
	fmt.Println("limit", os.Getenv("GOMEMLIMIT"))
	return 0
}

// greedy takes 64 MB and keeps it.
func greedy() int {
	hoard := bytes.Repeat([]byte("x"), 64<<20)
	say("child", os.Getpid())
	code := idle()
	return code + int(hoard[0]-'x')
}

func read(t *testing.T, p *Process, lines int) []string {
	t.Helper()
	in := bufio.NewScanner(p.Output)
	var got []string
	for len(got) < lines && in.Scan() {
		got = append(got, in.Text())
	}
	return got
}

// ownNice is the nice value the tests run with.
func ownNice(t *testing.T) int {
	t.Helper()
	nice, err := unix.Getpriority(unix.PRIO_PROCESS, 0)
	if err != nil {
		t.Fatal(err)
	}
	return 20 - nice
}

func TestLimitsReachGrandchildren(t *testing.T) {
	before := ownNice(t)
	s := open(t, true)
	p := start(t, s, "facts", func(spec *Spec) {
		spec.Limits = Limits{Nice: 7, IOClass: "best-effort", IOLevel: 6, OOMScoreAdjust: 300, MemoryMax: 100 << 20}
	})
	got := read(t, p, 4)
	want := []string{"nice 7 io 16390 oom 300", "limit 78643200"}
	if d := cmp.Diff(want, []string{got[0], got[3]}); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
	if after := ownNice(t); after != before {
		t.Errorf("our own nice value was %d and is %d", before, after)
	}
	p.Signal(syscall.SIGTERM)
	p.End()
}

func TestChildThatCannotBeSparedRunsAllTheSame(t *testing.T) {
	s := open(t, true)
	p := start(t, s, "facts", func(spec *Spec) { spec.Limits.OOMScoreAdjust = -900 })
	if got := read(t, p, 1); len(got) != 1 || !strings.HasPrefix(got[0], fmt.Sprintf("nice %d io ", ownNice(t))) {
		t.Errorf("it says %q", got)
	}
}

func TestUserKeepsReading(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can become somebody else")
	}
	s := open(t, true)
	u, err := LookUpUser("nobody", false)
	if err != nil {
		t.Fatal(err)
	}
	p := start(t, s, "facts", func(spec *Spec) { spec.User, spec.Cmd.Path = u, public(t) })
	got := read(t, p, 4)
	uid := fmt.Sprint(u.Credential.Uid)
	want := []string{
		"Uid: " + strings.Join([]string{uid, uid, uid, uid}, " "),
		fmt.Sprintf("CapEff: %016x", 1<<unix.CAP_DAC_READ_SEARCH),
	}
	if d := cmp.Diff(want, got[1:3]); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
	p.Signal(syscall.SIGTERM)
	p.End()
}

// public is the test binary where everybody may run it.
func public(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "S1-child-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	program := dir + "/child.test"
	if err := exec.Command("cp", os.Args[0], program).Run(); err != nil {
		t.Fatal(err)
	}
	return program
}

func TestOurselvesAreNobodyElse(t *testing.T) {
	u, err := LookUpUser(fmt.Sprint(os.Geteuid()), false)
	if u != nil || err != nil {
		t.Errorf("got %v, %v", u, err)
	}
	if _, err := LookUpUser("no-such-user-here", false); err == nil {
		t.Error("an unknown user is no error")
	}
}

func TestMemoryOfAllProcessesIsCounted(t *testing.T) {
	both(t, func(t *testing.T, plain bool) {
		s := open(t, plain)
		p := start(t, s, "greedy", nil)
		pids(t, bufio.NewScanner(p.Output), "child")
		if got := p.Memory(); got < 64<<20 || got > 256<<20 {
			t.Errorf("it uses %d MB", got>>20)
		}
		if got := Resident(p.Pid()); got < 64<<20 {
			t.Errorf("%d MB are resident", got>>20)
		}
	})
}
