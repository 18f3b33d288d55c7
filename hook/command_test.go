package hook

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// commandBench runs the test binary as the program of a hook.
func commandBench(t *testing.T, what string, change func(*Spec), argv ...string) *bench {
	t.Helper()
	out := filepath.Join(t.TempDir(), "out")
	t.Setenv(asProgram, what)
	t.Setenv("OUT", out)
	s := spec("command")
	s.Command.Argv = append([]string{self(t)}, argv...)
	if change != nil {
		change(&s)
	}
	b := newBench(t, s)
	if err := os.Symlink(out, filepath.Join(b.dir, "out")); err != nil {
		t.Fatal(err)
	}
	return b
}

func TestPlaceholdersStayOneWord(t *testing.T) {
	b := commandBench(t, "note", nil, "--file={file}", "{path}", "{event} of {module} to {target}", "{was}", "{unknown}", "$(touch /tmp/x)")
	b.hooks.Arrived([]Event{
		{Target: "t", Path: "a b$(touch x);`id`\n\xff", Kind: Sent},
		{Target: "t", Path: "-rf", Was: "old {file}", Kind: Renamed},
	})
	b.delivered(2)
	want := []string{
		`["--file=/srv/www/a b$(touch x);` + "`id`" + `\n\xff" "a b$(touch x);` + "`id`" + `\n\xff" "sent of www to t" "" "{unknown}" "$(touch /tmp/x)"] ""`,
		`["--file=/srv/www/-rf" "./-rf" "renamed of www to t" "/srv/www/old {file}" "{unknown}" "$(touch /tmp/x)"] ""`,
	}
	if diff := cmp.Diff(want, b.read("out")); diff != "" {
		t.Error(diff)
	}
}

func TestBatchIsOneCallWithAllPathsOnStandardInput(t *testing.T) {
	for format, want := range map[string]string{
		"files": `["www"] "/srv/www/a b\x00/srv/www/old\x00/srv/www/new\x00"`,
		"paths": `["www"] "a b\x00old\x00new\x00"`,
	} {
		b := commandBench(t, "note", func(s *Spec) {
			s.Command.Stdin, s.Batch, s.Every = format, 2, time.Hour
		}, "{module}")
		b.hooks.Arrived([]Event{{Path: "a b", Kind: Sent}, {Path: "new", Was: "old", Kind: Renamed}})
		b.delivered(2)
		if diff := cmp.Diff([]string{want}, b.read("out")); diff != "" {
			t.Error(diff)
		}
	}
}

func TestFailedCommandIsTriedAgainAndGivenUp(t *testing.T) {
	b := commandBench(t, "fail", func(s *Spec) { s.GiveUp = 5 * time.Second }, "{path}")
	b.arrive("x")
	b.until("it is given up", func() bool { return b.status().Failed == 1 })
	b.until("nothing waits", func() bool { return b.status().Waiting == 0 })
	if got := b.read("out"); len(got) < 2 || got[1] != `["x"]` {
		t.Errorf("called with %q", got)
	}
	st := b.status()
	if want := "run " + self(t) + `: exit status 3; it said "no such shop"`; st.LastError != want || st.Retries < 1 {
		t.Errorf("%+v", st)
	}
}

func TestCommandThatHangsIsEndedWithItsWholeGroup(t *testing.T) {
	b := commandBench(t, "hang", func(s *Spec) { s.Timeout, s.GiveUp = 15*time.Second, time.Millisecond }, "{path}")
	b.arrive("x")
	b.until("it is given up", func() bool { return b.status().Failed == 1 })
	pid, err := strconv.Atoi(b.read("out")[0])
	if err != nil {
		t.Fatal(err)
	}
	b.until("the process is gone", func() bool { return errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) })
}

func TestOnePathIsNotToldTwiceAtATime(t *testing.T) {
	b := commandBench(t, "slow", func(s *Spec) { s.Concurrency = 4 }, "{path}")
	b.arrive("a", "a", "b", "a")
	b.delivered(4)
	last := ""
	overlap := false
	for _, line := range b.read("out") {
		switch {
		case line == "begin a" && last == "begin a":
			t.Fatalf("two at a time: %q", b.read("out"))
		case line == "begin b" && last == "begin a", line == "begin a" && last == "begin b":
			overlap = true
		}
		if line == "begin a" || line == "end a" {
			last = line
		} else if last != "begin a" {
			last = line
		}
	}
	if !overlap {
		t.Errorf("different paths did not run side by side: %q", b.read("out"))
	}
}

func TestChangedFileIsRunOnlyWhileItIsOne(t *testing.T) {
	b := commandBench(t, "note", func(s *Spec) { s.Command.RunFile = true }, "{file}")
	b.hooks.Arrived([]Event{{Path: "gone", Kind: Deleted}, {Path: "dir", Kind: Sent, Dir: true}, {Path: "x.sh", Kind: Sent}})
	b.delivered(3)
	if diff := cmp.Diff([]string{`["/srv/www/x.sh"] ""`}, b.read("out")); diff != "" {
		t.Error(diff)
	}
}
