package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/syncsvc/syncsvc/config"
	"github.com/syncsvc/syncsvc/console"
)

// Rules of the output, for every command:
//
//   - What was asked for goes to stdout, remarks about it to stderr, so that
//     stdout can be piped.
//   - An error is one line, "syncsvc: what was being done: what went wrong",
//     in lower case and without a full stop; a way out follows as "hint: ...".
//     Problems of configuration files are printed all at once, each with its
//     place and the line in question.
//   - Nothing is printed when there is nothing to say, and there are no banners.
//     Colours and progress bars are for terminals, colours only without
//     NO_COLOR; a pipe gets plain lines.
//   - Every listing has --json, which prints the types of package control, and
//     --watch.
//   - Names, paths and what other programs said are written by package console,
//     which makes them harmless.

// say prints what was asked for.
func (a *app) say(format string, args ...any) {
	fmt.Fprintf(a.out, format+"\n", args...)
}

// remark prints what is good to know besides.
func (a *app) remark(format string, args ...any) {
	fmt.Fprintf(a.err, "syncsvc: "+format+"\n", args...)
}

// report prints an error for people; nil prints nothing.
func report(w io.Writer, err error) {
	if err == nil || is[*said](err) {
		return
	}
	fmt.Fprintf(w, "syncsvc: %v\n", err)
	if hint := hintOf(err); hint != "" {
		fmt.Fprintf(w, "hint: %s\n", hint)
	}
}

// plural says how many of something there are: "1 module", "3 modules".
func plural(n int, noun string) string {
	return console.Plural(int64(n), noun)
}

// warnings prints the warnings of modules.
func (a *app) warnings(modules []*config.Module) {
	for _, m := range modules {
		for _, w := range m.Warnings() {
			a.remark("warning: %s", strings.TrimSpace(w))
		}
	}
}
