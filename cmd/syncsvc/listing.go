package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/syncsvc/syncsvc/console"
)

// The least time between two looks of --watch.
const minEvery = 100 * time.Millisecond

// The sequences that paint over what a terminal shows: to its upper left
// corner, the rest of the line away, the rest of the screen away.
const (
	home      = "\x1b[H"
	clearLine = "\x1b[K"
	clearRest = "\x1b[J"
)

// listing is how somebody wants to have a listing.
type listing struct {
	json  bool
	watch bool
	every time.Duration
}

// listed is what a listing shows.
type listed struct {
	value   any // a type of package control
	text    func(console.Look) string
	verdict error // what the exit code tells about it
}

// addFlags gives a command the flags of a listing.
func (l *listing) addFlags(cmd *cobra.Command) {
	l.addJSON(cmd)
	cmd.Flags().BoolVarP(&l.watch, "watch", "w", false, "show it again and again, until Ctrl-C")
	l.every = 2 * time.Second
	cmd.Flags().Var(span{&l.every}, "every", "with --watch, look again after `TIME`")
}

// addJSON gives a command only the choice between text and JSON.
func (l *listing) addJSON(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&l.json, "json", false, "print JSON, the types of the control API")
}

// list shows what ask returns, once or again and again.
func (a *app) list(ctx context.Context, l listing, ask func(context.Context) (listed, error)) error {
	if l.watch {
		return a.watch(ctx, l, ask)
	}
	shown, err := ask(ctx)
	if err != nil {
		return err
	}
	if err := a.show(l, shown); err != nil {
		return err
	}
	return shown.verdict
}

// show prints a listing once.
func (a *app) show(l listing, shown listed) error {
	if l.json {
		return a.printJSON(shown.value, !l.watch)
	}
	return a.write(shown.text(a.look()))
}

func (a *app) write(text string) error {
	if _, err := a.out.Write([]byte(text)); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	return nil
}

// printJSON prints a value for programs, in one line unless it is for reading.
func (a *app) printJSON(value any, indent bool) error {
	enc := json.NewEncoder(a.out)
	enc.SetEscapeHTML(false)
	if indent {
		enc.SetIndent("", "  ")
	}
	if err := enc.Encode(value); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	return nil
}

// watch shows a listing until ctx ends. Where nobody answers it says so and
// goes on, for the service may come back.
func (a *app) watch(ctx context.Context, l listing, ask func(context.Context) (listed, error)) error {
	if l.every < minEvery {
		return usage("--every 2s", "--every %s is too short", l.every)
	}
	tick := time.NewTicker(l.every)
	defer tick.Stop()
	repaint := !l.json && a.canRepaint()
	if repaint {
		if err := a.write(home + clearRest); err != nil {
			return err
		}
	}
	for {
		shown, err := ask(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case is[*usageError](err):
			return err
		}
		if err := a.again(l, repaint, shown, err); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// again shows one more look at a listing, or why there is none.
func (a *app) again(l listing, repaint bool, shown listed, err error) error {
	switch {
	case err != nil && !repaint:
		report(a.err, err)
		return nil
	case !repaint:
		return errors.Join(a.show(l, shown), a.between(l))
	}
	text := new(strings.Builder)
	report(text, err)
	if err == nil {
		text.WriteString(shown.text(a.look()))
	}
	return a.write(home + a.fitted(text.String()) + clearRest)
}

// fitted makes text fit the terminal, so that the next look can be painted over
// it line by line.
func (a *app) fitted(text string) string {
	columns, rows := a.size()
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	if rows > 1 && len(lines) > rows-1 {
		more := fmt.Sprintf("... %d more lines; syncsvc top shows them all", len(lines)-rows+2)
		lines = append(lines[:rows-2], more)
	}
	var b strings.Builder
	for _, line := range lines {
		if columns > 0 {
			line = console.Cut(line, columns)
		}
		b.WriteString(line + clearLine + "\n")
	}
	return b.String()
}

// between separates two looks from each other where nothing is painted over.
func (a *app) between(l listing) error {
	if l.json {
		return nil
	}
	return a.write("\n")
}
