package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/syncsvc/syncsvc/console"
	"github.com/syncsvc/syncsvc/doctor"
)

// findings prints what a doctor finds, module by module and target by target.
// What is well takes one line together, unless everything is to be told.
type findings struct {
	out     io.Writer
	look    console.Look
	verbose bool
	section []doctor.Finding // about one module or target, not printed yet
	machine bool             // something about the machine was printed
	bad     int
	warned  int
	unknown int
}

func (a *app) newFindings(out io.Writer, verbose bool) *findings {
	f := &findings{out: out, verbose: verbose}
	if out == a.out {
		f.look = a.look()
	} else {
		f.look = a.errorLook()
	}
	return f
}

// add takes the next finding and prints the section before it, if it is the
// first of another one.
func (f *findings) add(next doctor.Finding) {
	if len(f.section) > 0 && heading(f.section[0]) != heading(next) {
		f.flush()
	}
	f.section = append(f.section, next)
	switch next.Level {
	case doctor.Bad:
		f.bad++
	case doctor.Warn:
		f.warned++
	case doctor.Unknown:
		f.unknown++
	}
}

// end prints what is left, and the sum.
func (f *findings) end() {
	f.flush()
	fmt.Fprintf(f.out, "%s, %s, %d unknown\n", console.Plural(int64(f.bad), "problem"), console.Plural(int64(f.warned), "warning"), f.unknown)
}

func heading(about doctor.Finding) string {
	switch {
	case about.Module == "":
		return "this machine"
	case about.Target == "":
		return about.Module
	}
	return about.Module + " -> " + about.Target
}

// title is what stands above the section. What modules need of the machine
// together is known last.
func (f *findings) title() string {
	again := f.machine && f.section[0].Module == ""
	f.machine = f.machine || f.section[0].Module == ""
	if again {
		return "this machine, for all of that"
	}
	return heading(f.section[0])
}

func (f *findings) flush() {
	if len(f.section) == 0 {
		return
	}
	fmt.Fprintln(f.out, f.look.Bold(console.Safe(f.title())))
	if !f.verbose {
		f.together(doctor.OK, false)
	}
	for _, one := range f.section {
		if f.verbose || one.Level == doctor.Bad || one.Level == doctor.Warn {
			f.line(one.Level, one.What+": "+one.Message)
			f.hint(one)
		}
	}
	if !f.verbose {
		f.together(doctor.Unknown, true)
	}
	f.section = nil
}

// together prints one line for all findings of a level that say the same, or
// for those that are well.
func (f *findings) together(level doctor.Level, told bool) {
	var whats []string
	messages := map[string][]string{}
	var order []string
	for _, one := range f.section {
		if one.Level != level {
			continue
		}
		whats = append(whats, one.What)
		if messages[one.Message] == nil {
			order = append(order, one.Message)
		}
		messages[one.Message] = append(messages[one.Message], one.What)
	}
	if !told && len(whats) > 0 {
		f.line(level, strings.Join(slices.Compact(whats), ", "))
	}
	for _, message := range order {
		if told {
			f.line(level, strings.Join(messages[message], ", ")+": "+message)
		}
	}
}

func (f *findings) line(level doctor.Level, text string) {
	fmt.Fprintf(f.out, "  %s  %s\n", f.label(level), console.Safe(text))
}

// label is the level in its colour, always equally wide.
func (f *findings) label(level doctor.Level) string {
	text := fmt.Sprintf("%-7s", level)
	switch level {
	case doctor.OK:
		return f.look.Good(text)
	case doctor.Warn:
		return f.look.Warn(text)
	case doctor.Bad:
		return f.look.Bad(text)
	}
	return f.look.Dim(text)
}

func (f *findings) hint(one doctor.Finding) {
	if one.Hint != "" {
		fmt.Fprintf(f.out, "           hint: %s\n", console.Safe(one.Hint))
	}
}
