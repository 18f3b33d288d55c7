package alert

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

const (
	maxOutput = 2 << 10 // bytes of what a program or a server says that are shown
	killDelay = 2 * time.Second
)

// call runs a program in a process group of its own, with the message on its
// standard input. When it takes too long, all that it has started ends with it.
func (a *Alerts) call(ctx context.Context, argv []string, message []byte) error {
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	var out tail
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(message), &out, &out
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = killDelay
	end := func() {}
	if a.o.Errand != nil {
		var variable string
		variable, end = a.o.Errand()
		cmd.Env = append(os.Environ(), variable)
	}
	err := cmd.Run()
	if err == nil || errors.Is(err, exec.ErrWaitDelay) {
		return nil // the program did well; what it left in the background keeps the output open
	}
	if ctx.Err() != nil {
		end()
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return fmt.Errorf("run %s: took too long%s", argv[0], out.said())
	}
	return fmt.Errorf("run %s: %w%s", argv[0], err, out.said())
}

// tail keeps the last bytes that are written to it.
type tail struct{ kept []byte }

func (t *tail) Write(p []byte) (int, error) {
	t.kept = append(t.kept, p...)
	t.kept = t.kept[max(0, len(t.kept)-maxOutput):]
	return len(p), nil
}

// said returns the text for the end of an error.
func (t *tail) said() string {
	text := strings.TrimSpace(string(t.kept))
	if text == "" {
		return ""
	}
	return fmt.Sprintf("; it said %q", text)
}
