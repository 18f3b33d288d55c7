package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// stopPatience is how long a process may take to end by itself.
const stopPatience = 15 * time.Second

// process is a program in a process group of its own.
type process struct {
	cmd   *exec.Cmd
	log   string
	ended chan struct{} // closed when it has exited; it is still to be waited for
}

// launch starts argv with its output in the file log. The caller stops it.
func launch(log string, argv ...string) (*process, error) {
	out, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("make the log: %w", err)
	}
	defer out.Close()
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Stdout, cmd.Stderr = out, out
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", argv[0], err)
	}
	p := &process{cmd: cmd, log: log, ended: make(chan struct{})}
	go p.watch() // joined by stop
	return p, nil
}

// watch leaves the zombie, which keeps the group's number from being reused.
func (p *process) watch() {
	defer close(p.ended)
	for unix.Waitid(unix.P_PID, p.pid(), nil, unix.WEXITED|unix.WNOWAIT, nil) == unix.EINTR {
		continue
	}
}

func (p *process) pid() int { return p.cmd.Process.Pid }

// alive is an error with the end of the log when the process has exited.
func (p *process) alive() error {
	select {
	case <-p.ended:
		text, _ := os.ReadFile(p.log)
		return fmt.Errorf("%s exited: %s", p.cmd.Path, bytes.TrimSpace(text[max(0, len(text)-1000):]))
	default:
		return nil
	}
}

// stop ends the process and its group, and waits for that.
func (p *process) stop() {
	_ = unix.Kill(-p.pid(), unix.SIGTERM)
	hard := time.AfterFunc(stopPatience, func() { _ = unix.Kill(-p.pid(), unix.SIGKILL) })
	<-p.ended
	hard.Stop()
	_ = unix.Kill(-p.pid(), unix.SIGKILL) // those it left behind
	_ = p.cmd.Wait()
}

// finish runs argv to its end. When ctx ends first, the whole group is killed.
func finish(ctx context.Context, argv ...string) error {
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return unix.Kill(-cmd.Process.Pid, unix.SIGKILL) }
	cmd.WaitDelay = time.Second
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", strings.Join(argv, " "), err, bytes.TrimSpace(out))
	}
	return nil
}

// stat returns the fields of /proc/PID/stat that follow the name, which may
// hold anything: state, parent, group and so on. They are nil when it is gone.
func stat(pid string) []string {
	text, _ := os.ReadFile("/proc/" + pid + "/stat")
	return strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
}

// companions counts the members of a process group besides its leader, zombies
// aside.
func companions(leader int) int {
	n, group := 0, strconv.Itoa(leader)
	dirs, _ := filepath.Glob("/proc/[0-9]*")
	for _, dir := range dirs {
		pid := filepath.Base(dir)
		if f := stat(pid); len(f) > 2 && f[0] != "Z" && f[2] == group && pid != group {
			n++
		}
	}
	return n
}
