package hook

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

// Command runs a program, never a shell.
type Command struct {
	// Argv may have in each word {file}, {path}, {was}, {module}, {target} and
	// {event}; they are replaced within the word.
	Argv  []string
	Stdin string // "", files, paths or json
	// RunFile says that Argv runs the changed file; it is not called for what is
	// no file any more.
	RunFile bool
}

// killDelay is how long the output of a program that was ended is waited for.
const killDelay = 2 * time.Second

// command is the teller that runs a program.
type command struct {
	o Options
	c Command
}

func (c *command) close() {}

func (c *command) tell(ctx context.Context, id string, events []Event) error {
	if e := events[0]; c.c.RunFile && (e.Dir || e.Kind == Deleted) {
		return nil
	}
	input, err := c.input(events)
	if err != nil {
		return finalError{err}
	}
	argv := c.argv(events[0])
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	var out tail
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(input), &out, &out
	cmd.Dir, cmd.Env = "/", c.env(id, events)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = killDelay
	err = cmd.Run()
	switch {
	case err == nil, errors.Is(err, exec.ErrWaitDelay):
		return nil // it did well; what it left in the background keeps the output open
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return fmt.Errorf("run %s: took too long and was ended%s", argv[0], out.said())
	}
	return fmt.Errorf("run %s: %w%s", argv[0], err, out.said())
}

// argv is the program and its arguments for an event.
func (c *command) argv(e Event) []string {
	path := e.Path
	if strings.HasPrefix(path, "-") {
		path = "./" + path // so that no program takes it for an option
	}
	was := ""
	if e.Was != "" {
		was = c.o.file(e.Was)
	}
	replace := strings.NewReplacer(
		"{file}", c.o.file(e.Path), "{path}", path, "{was}", was,
		"{module}", c.o.Module, "{target}", e.Target, "{event}", string(e.Kind),
	)
	argv := make([]string, len(c.c.Argv))
	for i, word := range c.c.Argv {
		argv[i] = replace.Replace(word)
	}
	return argv
}

// env tells the program what it is called for, besides its arguments.
func (c *command) env(id string, events []Event) []string {
	env := append(os.Environ(), "SYNCSVC_MODULE="+c.o.Module, "SYNCSVC_ROOT="+c.o.Root, "SYNCSVC_TARGET="+events[0].Target, "SYNCSVC_DELIVERY="+id)
	if c.c.Stdin == "" {
		env = append(env, "SYNCSVC_EVENT="+string(events[0].Kind), "SYNCSVC_PATH="+events[0].Path, "SYNCSVC_WAS="+events[0].Was)
	}
	return env
}

// input is what the program gets on its standard input. Of a rename, lists of
// paths have both names.
func (c *command) input(events []Event) ([]byte, error) {
	if c.c.Stdin == formatJSON {
		return c.o.lines(events)
	}
	var out []byte
	add := func(path string) {
		switch c.c.Stdin {
		case formatFiles:
			out = append(append(out, c.o.file(path)...), 0)
		case formatPaths:
			out = append(append(out, path...), 0)
		}
	}
	for _, e := range events {
		if e.Was != "" {
			add(e.Was)
		}
		add(e.Path)
	}
	return out, nil
}

// tail keeps the last bytes that are written to it.
type tail struct{ kept []byte }

func (t *tail) Write(p []byte) (int, error) {
	t.kept = append(t.kept, p...)
	t.kept = t.kept[max(0, len(t.kept)-maxSaid):]
	return len(p), nil
}

// said returns the text for the end of an error.
func (t *tail) said() string { return quoted(string(t.kept)) }

func quoted(text string) string {
	if text = strings.TrimSpace(text); text == "" {
		return ""
	}
	return fmt.Sprintf("; it said %q", text[:min(len(text), maxSaid)])
}
