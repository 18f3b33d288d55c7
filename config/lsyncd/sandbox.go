package lsyncd

import (
	"errors"
	"fmt"
	"io"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

func reader(text string) io.Reader { return strings.NewReader(text) }

// openLibraries opens those that only calculate, and takes out what could load
// other programs.
func openLibraries(l *lua.LState) error {
	for name, open := range map[string]lua.LGFunction{
		lua.BaseLibName: lua.OpenBase, lua.TabLibName: lua.OpenTable, lua.StringLibName: lua.OpenString, lua.MathLibName: lua.OpenMath,
	} {
		if err := l.CallByParam(lua.P{Fn: l.NewFunction(open), Protect: true}, lua.LString(name)); err != nil {
			return fmt.Errorf("start Lua: %w", err)
		}
	}
	for _, name := range []string{"dofile", "loadfile", "load", "loadstring", "require", "module", "collectgarbage", "print", "_printregs", "newproxy"} {
		l.SetGlobal(name, lua.LNil)
	}
	l.SetGlobal("print", l.NewFunction(func(*lua.LState) int { return 0 }))
	return nil
}

// explain says what a configuration wanted that it does not get.
func explain(err error) error {
	var api *lua.ApiError
	message := err.Error()
	if errors.As(err, &api) && api.Object != nil {
		message = api.Object.String()
	}
	return fmt.Errorf("%s (it runs without os, io, require, dofile and load)", strings.TrimSpace(message))
}
