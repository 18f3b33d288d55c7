package service

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// letGo is how long a tool's children may keep its output open after it ended.
const letGo = 2 * time.Second

// tool runs a program of the init system and returns what it printed. An
// error has its words. No command does nothing.
func (s *Service) tool(ctx context.Context, argv []string) (string, error) {
	if len(argv) == 0 {
		return "", nil
	}
	argv = s.argv(argv)
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Env = append(os.Environ(), "LC_ALL=C", "SYSTEMD_PAGER=", "SYSTEMD_COLORS=0")
	cmd.WaitDelay = letGo
	var out, words bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &words
	err := cmd.Run()
	if err == nil || errors.Is(err, exec.ErrWaitDelay) {
		return out.String(), nil
	}
	if said := lastLines(words.String() + out.String()); said != "" {
		err = fmt.Errorf("%w: %s", err, said)
	}
	return out.String(), fmt.Errorf("%s: %w", strings.Join(argv, " "), err)
}

// lastLines returns the end of what a tool said, in one line.
func lastLines(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-3):], "; ")
}

// succeeds says whether a tool is there and ends with 0.
func (s *Service) succeeds(ctx context.Context, argv ...string) bool {
	_, err := s.tool(ctx, argv)
	return err == nil
}
