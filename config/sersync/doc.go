// Package sersync reads the configuration files of sersync (confxml.xml) and
// says what each setting is called in a module file of syncsvc.
//
// It checks no value that a module file has too and knows none of its defaults:
// what it returns is read by package config like any other module file. It
// opens no files, and never guesses an encoding.
package sersync

import "fmt"

// Pos is a place in the text, both counted from 1, columns in characters. The
// zero value is the file as a whole.
type Pos struct{ Line, Column int }

// Problem is what is wrong with a file, and where.
type Problem struct {
	At            Pos
	Message, Hint string
}

// Error returns the problem in one line, without the hint.
func (p Problem) Error() string {
	if p.At.Line == 0 {
		return p.Message
	}
	return fmt.Sprintf("%d:%d: %s", p.At.Line, p.At.Column, p.Message)
}

// Kind is what a Value is.
type Kind uint8

// The kinds of values that module files have.
const (
	Text Kind = iota
	Number
	Bool
	List
	Object
)

// Value is a value of a module file, and the place in the XML that it comes
// from.
type Value struct {
	Kind   Kind
	At     Pos
	Text   string  // of a Text, Number or Bool
	Items  []Value // of a List
	Fields []Field // of an Object, in the order of a module file
}

// Field is one key of a module file and its value.
type Field struct {
	Name  string
	Value Value
}

// Remark says what became of one setting.
type Remark struct {
	At      Pos
	Setting string // as it stands in the XML; "" when it is about sersync as such
	Became  string // the keys of the module file; "" when it has none
	Changed string // how the meaning differs from sersync's, or ""
	Risk    bool   // worth a warning whenever the file is read
}

// Module is what one localpath element says: an object like a module file.
type Module struct {
	Fields []Field
	// Secret is the password of its cdn hook, which a module file has in a file
	// of its own; "" = there is none.
	Secret string
}

// File is a whole configuration file.
type File struct {
	Modules []Module
	Remarks []Remark
	// Host and Port are what sersync printed at its start, and never used.
	Host, Port string
}

// Options say how a file is to be understood.
type Options struct {
	// Plugin makes modules that only run the plugin of that name, as the
	// option -m of sersync does; "" = what the file says.
	Plugin string
	// Threads and FullSync are the keys of those names, which the file says
	// nothing about; 0 and "" = their defaults.
	Threads  int
	FullSync string
}

// ModuleName returns what module number i, counted from 0, of a file is called
// whose own name is base: www, www-2, www-3 and so on.
func ModuleName(base string, i int) string {
	if i == 0 {
		return base
	}
	return fmt.Sprintf("%s-%d", base, i+1)
}

// Read understands a text that is UTF-8 by now; see [Declared]. It returns the
// file, or all that is wrong with it.
func Read(text string, o Options) (*File, []Problem) {
	root, p := scan(text)
	if p != nil {
		return nil, []Problem{*p}
	}
	c := &converter{options: o, file: &File{}, s: readSettings(root)}
	c.unknown(root)
	c.convert()
	if len(c.problems) > 0 {
		return nil, c.problems
	}
	return c.file, nil
}
