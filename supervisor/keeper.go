package supervisor

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os/exec"
	"syscall"
	"time"
)

// killGrace is what a child gets beyond the drain deadline before it is killed.
const killGrace = 2 * time.Second

// keeper keeps one child alive.
type keeper struct {
	name    string
	command func() *exec.Cmd // a new one for each life
	start   func(*exec.Cmd) error
	drain   time.Duration
	log     *slog.Logger
}

// run starts the child, and again whenever it dies, until ctx ends; then it
// stops the child and waits for it.
func (k *keeper) run(ctx context.Context) {
	for row := 0; ctx.Err() == nil; {
		d := k.live(ctx)
		if ctx.Err() != nil {
			return
		}
		var delay time.Duration
		delay, row = restart(row, d)
		k.log.Error("module died, will restart", "cause", d.cause,
			"lived", d.lived.Round(time.Millisecond), "in_a_row", row, "restart_in", delay)
		timer := time.NewTimer(delay)
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
		timer.Stop()
	}
}

// live is one life of the child.
func (k *keeper) live(ctx context.Context) death {
	born := time.Now()
	cmd := k.command()
	if err := k.start(cmd); err != nil {
		return death{cause: fmt.Sprintf("start %s: %v", cmd.Path, err)}
	}
	k.log.Info("module started", "pid", cmd.Process.Pid)
	ended := make(chan error, 1) // the one result of Wait
	go func() { ended <- cmd.Wait() }()
	var err error
	select {
	case err = <-ended:
	case <-ctx.Done():
		err = k.stop(cmd, ended)
	}
	// whatever it started is in its group and must not outlive it
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	return death{lived: time.Since(born), cause: cause(err)}
}

// stop asks the child to end, and ends it when it does not within the drain
// deadline.
func (k *keeper) stop(cmd *exec.Cmd, ended <-chan error) error {
	_ = cmd.Process.Signal(syscall.SIGTERM)
	timer := time.NewTimer(k.drain + killGrace)
	defer timer.Stop()
	select {
	case err := <-ended:
		return err
	case <-timer.C:
		k.log.Error("module did not stop in time, killed", "pid", cmd.Process.Pid, "after", k.drain+killGrace)
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		return <-ended
	}
}

// cause says in words how a child ended.
func cause(err error) string {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return "ended by itself"
	case !errors.As(err, &exit):
		return err.Error()
	}
	if ws, ok := exit.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		return "killed by " + ws.Signal().String()
	}
	return fmt.Sprintf("exit code %d", exit.ExitCode())
}
