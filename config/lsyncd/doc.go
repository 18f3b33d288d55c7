// Package lsyncd runs a configuration of lsyncd, which is a program in Lua, and
// says what its sync blocks are called in module files of syncsvc.
//
// The program gets neither files nor processes nor the network. What it may use
// of memory and time is the caller's business: run it in a process that has
// limits. No value is checked that a module file has too.
package lsyncd

import (
	"context"
	"fmt"

	lua "github.com/yuin/gopher-lua"

	"github.com/syncsvc/syncsvc/config/sersync"
)

// File is what a configuration means.
type File struct {
	Modules []Module
	// Lost are settings that nothing corresponds to, and Changed those that do
	// not mean quite the same, each in one line.
	Became, Changed, Lost []string
}

// Module is one sync block: an object like a module file.
type Module struct{ Fields []sersync.Field }

// What the interpreter may use of its own stacks.
const (
	maxCalls    = 200
	maxRegistry = 1 << 16
)

// Read runs text, which came from a file of that name, until ctx ends.
func Read(ctx context.Context, name, text string) (*File, error) {
	l := lua.NewState(lua.Options{
		SkipOpenLibs: true, CallStackSize: maxCalls, RegistrySize: 1 << 10, RegistryMaxSize: maxRegistry, MinimizeStackMemory: true,
	})
	defer l.Close()
	l.SetContext(ctx)
	if err := openLibraries(l); err != nil {
		return nil, err
	}
	c := &converter{file: &File{}}
	c.register(l)
	fn, err := l.Load(reader(text), name)
	if err != nil {
		return nil, fmt.Errorf("is not Lua: %w", err)
	}
	l.Push(fn)
	if err := l.PCall(0, 0, nil); err != nil {
		if ctx.Err() != nil {
			return nil, fmt.Errorf("run %s: %w", name, ctx.Err())
		}
		return nil, explain(err)
	}
	if len(c.file.Modules) == 0 {
		return nil, fmt.Errorf("%s has no sync block", name)
	}
	return c.file, nil
}
