package instance_test

import (
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/syncsvc/syncsvc/control"
)

// budgetEnv names, with commas, what the process has to ask for.
const budgetEnv = "SYNCSVC_TEST_BUDGET"

func budget() map[control.PermitKind]int {
	kinds := map[control.PermitKind]int{}
	for kind := range strings.SplitSeq(os.Getenv(budgetEnv), ",") {
		if kind != "" {
			kinds[control.PermitKind(kind)] = 1
		}
	}
	return kinds
}

// parent is the supervisor's end of a link to the process of a mirror.
type parent struct {
	*control.Link
	heard chan control.Message // what the process said
}

// supervised gives the mirror, before it is started, a link to the test.
func (m *mirror) supervised() *parent {
	m.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	m.must(err)
	ours := os.NewFile(uintptr(fds[0]), "ours")
	conn, err := net.FileConn(ours)
	m.must(errors.Join(err, ours.Close()))
	m.link = os.NewFile(uintptr(fds[1]), "theirs")
	p := &parent{Link: control.NewLink(conn), heard: make(chan control.Message, 10_000)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			msg, err := p.Receive()
			if err != nil {
				close(p.heard)
				return
			}
			p.heard <- msg
		}
	}()
	m.Cleanup(func() {
		p.Close()
		<-done
		m.link.Close()
	})
	return p
}

// next returns the next message for which is says yes.
func (p *parent) next(t testing.TB, what string, is func(control.Message) bool) control.Message {
	t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	for {
		select {
		case msg, ok := <-p.heard:
			if !ok {
				t.Fatalf("the instance ended its link before %s", what)
			}
			if is(msg) {
				return msg
			}
		case <-deadline.C:
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

func isBeat(msg control.Message) bool { return msg.Beat != nil }

func isReady(msg control.Message) bool { return msg.Ready != "" }

func TestInstanceGivesSignsOfLifeAndSaysWhenItIsReady(t *testing.T) {
	t.Parallel()
	m := newMirror(t, 2)
	p := m.supervised()
	m.start()
	if ready := p.next(t, "ready", isReady); !strings.Contains(ready.Ready, "armed") {
		t.Errorf("says %q", ready.Ready)
	}
	p.next(t, "a beat", isBeat)
	if beat := p.next(t, "another", isBeat); beat.Beat.Loops < 4 {
		t.Errorf("%d loops", beat.Beat.Loops)
	}
	m.must(os.Rename(m.source, m.source+".away"))
	if ready := p.next(t, "a reason", isReady); !strings.Contains(ready.Ready, m.source) {
		t.Errorf("without its source it says %q", ready.Ready)
	}
	p.next(t, "a beat", isBeat)
	p.next(t, "beats while it waits", isBeat)
	m.must(os.Rename(m.source+".away", m.source))
	p.next(t, "ready again", isReady)
	m.stop()
}

// TestNothingOutlivesTheSupervisor: the end of the link ends the instance and
// its rsyncs, which know nothing of the link.
func TestNothingOutlivesTheSupervisor(t *testing.T) {
	t.Parallel()
	m := newMirror(t, 1)
	report := filepath.Join(m.dir, "report")
	script := filepath.Join(m.dir, "rsync")
	m.program(script, "#!/bin/sh\nenv > "+report+"; ls -l /proc/$$/fd >> "+report+
		"; echo $$ > "+report+".pid\nexec sleep 1000\n")
	m.options = []string{"rsync: {program: " + script + "}"}
	m.put("f", "1")
	p := m.supervised()
	m.start()
	var pid int
	m.until("rsync runs", func() bool { pid = pidIn(report + ".pid"); return pid > 0 })
	text, err := os.ReadFile(report)
	m.must(err)
	if strings.Contains(string(text), control.LinkEnv) || strings.Contains(string(text), "socket:") {
		t.Errorf("rsync has the link:\n%s", text)
	}
	p.Close()
	err = m.cmd.Wait()
	if code := m.cmd.ProcessState.ExitCode(); code != 1 {
		t.Errorf("the instance ended with %v", err)
	}
	m.cmd = nil
	m.until("rsync is gone", func() bool { return syscall.Kill(pid, 0) != nil })
}

func TestLinkEndsWithTheInstance(t *testing.T) {
	t.Parallel()
	m := newMirror(t, 1)
	p := m.supervised()
	m.start()
	m.stop()
	m.link.Close() // the test's copy of the file
	for range p.heard {
	}
	if _, err := p.Receive(); !errors.Is(err, io.EOF) {
		t.Errorf("after the end: %v", err)
	}
}

// pidIn is the process number in a file; 0 while there is none.
func pidIn(file string) int {
	text, _ := os.ReadFile(file)
	pid, _ := strconv.Atoi(strings.TrimSpace(string(text)))
	return pid
}
