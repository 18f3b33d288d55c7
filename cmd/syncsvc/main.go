// Command syncsvc keeps folders mirrored on other hosts.
//
// This package turns words that a person typed into calls of the packages
// below, and the error that comes back into one line, a hint and an exit code.
// It decides nothing else. Each command is a file with a constructor that
// returns a [cobra.Command]; root.go lists them.
package main

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// stdio is what a command may read from and write to.
type stdio struct {
	in       io.Reader
	out, err io.Writer
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // from now on a second signal ends the program at once
	args := os.Args[1:]
	if isSersync(os.Args[0]) {
		args = append([]string{"sersync"}, args...)
	}
	os.Exit(run(ctx, args, stdio{os.Stdin, os.Stdout, os.Stderr}))
}

// run is the whole program but for the process around it. Cancelling ctx asks
// the command to stop in good order.
func run(ctx context.Context, args []string, streams stdio) int {
	root := newRootCommand(&app{stdio: streams})
	root.SetArgs(args)
	root.SetIn(streams.in)
	root.SetOut(streams.out)
	root.SetErr(streams.err)
	err := root.ExecuteContext(ctx)
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		err = errors.New("interrupted")
	}
	report(streams.err, err)
	return exitCode(err)
}
