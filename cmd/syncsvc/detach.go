package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/google/renameio/v2"

	"github.com/syncsvc/syncsvc/control"
)

// A daemon is this program started twice over: the first leads a session of its
// own, starts the second and ends, so that the second has no terminal and can
// never get one. The stage is in the environment.
const (
	detachStage = "SYNCSVC_DETACH"
	stageLeader = "leader"
	stageDaemon = "daemon"
	readyFD     = 3 // where the daemon tells the person at the terminal how it went
)

// logMode and pidMode let anybody see that it runs, and root what it says.
const (
	logMode = 0o640
	pidMode = 0o644
)

func (r *sersyncRun) pidFile() string { return filepath.Join(r.service.RunDir, "sersync.pid") }
func (r *sersyncRun) logFile() string { return filepath.Join(r.service.LogDir, "sersync.log") }

// detach starts the daemon and waits until it works or says why it does not.
func (a *app) detach(r *sersyncRun) error {
	if err := os.MkdirAll(r.service.LogDir, 0o750); err != nil {
		return fmt.Errorf("make the log folder: %w", err)
	}
	log, err := os.OpenFile(r.logFile(), os.O_CREATE|os.O_WRONLY|os.O_APPEND, logMode)
	if err != nil {
		return fmt.Errorf("open the log: %w", err)
	}
	defer log.Close()
	said, say, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("start in the background: %w", err)
	}
	defer said.Close()
	leader, err := again(stageLeader)
	if err != nil {
		return err
	}
	leader.Stdout, leader.Stderr, leader.ExtraFiles = log, log, []*os.File{say}
	leader.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := errors.Join(leader.Run(), say.Close()); err != nil {
		return withHint(fmt.Errorf("start in the background: %w", err), "see "+r.logFile())
	}
	answer, err := io.ReadAll(said)
	pid, ok := strings.CutPrefix(string(answer), "ready ")
	switch {
	case err != nil:
		return fmt.Errorf("start in the background: %w", err)
	case !ok && len(answer) > 0:
		fmt.Fprint(a.err, string(answer))
		return silent(errFailed)
	case !ok:
		return withHint(errors.New("it ended in the background before it worked"), "see "+r.logFile())
	}
	a.say("daemon pid is: %s, stop it with: kill %s", pid, pid)
	a.say("log: %s", r.service.LogDir)
	a.say("status: syncsvc status --run-dir %s", r.service.RunDir)
	return nil
}

// again is this program once more, with the same arguments.
func again(stage string) (*exec.Cmd, error) {
	self, err := exec.LookPath(os.Args[0]) // by its name: people look for sersync in ps
	if err != nil {
		if self, err = os.Executable(); err != nil {
			return nil, fmt.Errorf("find this program: %w", err)
		}
	}
	cmd := exec.Command(self, os.Args[1:]...)
	cmd.Args[0] = os.Args[0] // what it is called decides what it does
	cmd.Env = append(os.Environ(), detachStage+"="+stage)
	return cmd, nil
}

// passOn starts the daemon proper and leaves it alone.
func passOn() error {
	daemon, err := again(stageDaemon)
	if err != nil {
		return err
	}
	daemon.Stdout, daemon.Stderr = os.Stdout, os.Stderr
	daemon.ExtraFiles = []*os.File{os.NewFile(readyFD, "ready")}
	if err := daemon.Start(); err != nil {
		return fmt.Errorf("start in the background: %w", err)
	}
	return daemon.Process.Release()
}

// daemonSersync is the daemon: it says when it works, and keeps logs that are
// put away when they are large.
func (a *app) daemonSersync(ctx context.Context, r *sersyncRun) error {
	ready := os.NewFile(readyFD, "ready")
	syscall.CloseOnExec(readyFD)
	if err := errors.Join(os.Unsetenv(detachStage), os.Chdir("/")); err != nil {
		return err
	}
	r.service.LogFiles.On = true
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var announcing sync.WaitGroup
	var told sync.Once
	tell := func(text string) {
		told.Do(func() { _, _ = io.WriteString(ready, text); _ = ready.Close() })
	}
	err := r.write()
	if err == nil {
		announcing.Go(func() {
			if answers(ctx, control.Dial(control.Socket(r.service.RunDir, control.ServiceName))) {
				pid := strconv.Itoa(os.Getpid())
				if err := renameio.WriteFile(r.pidFile(), []byte(pid+"\n"), pidMode); err != nil {
					a.remark("no pid file: %v", err)
				}
				tell("ready " + pid)
			}
		})
		err = a.supervise(ctx, r.supervision(a, io.Discard))
	}
	cancel()
	announcing.Wait()
	if err != nil {
		var text strings.Builder
		report(&text, err)
		tell(text.String())
		return err
	}
	return os.Remove(r.pidFile())
}

// answers waits until this very process answers on its socket.
func answers(ctx context.Context, c *control.Client) bool {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		var v control.Version
		if err := c.Get(ctx, "/v1/version", &v); err == nil && v.Pid == os.Getpid() {
			return true
		}
		select {
		case <-ctx.Done():
			return false
		case <-tick.C:
		}
	}
}
