package main

import (
	"bufio"
	"bytes"
	"debug/buildinfo"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// goModules is the name that vulnerability databases know Go's own packages by.
const goModules = "std"

// library is one module in the program, or Go's standard library.
type library struct {
	path, version string
	sum           string // as in go.sum; empty for Go's own packages
	licence       string // an SPDX expression
	texts         []text
}

// linked returns what the program has linked in, Go first, the rest by name. The
// program tells which modules, and the source what their licences are.
func linked(program string) ([]library, error) {
	info, err := buildinfo.ReadFile(program)
	if err != nil {
		return nil, fmt.Errorf("read what %s is made of: %w", program, err)
	}
	folders, err := sources()
	if err != nil {
		return nil, err
	}
	goroot, err := goCommand("env", "GOROOT")
	if err != nil {
		return nil, err
	}
	found := []library{{path: goModules, version: strings.TrimPrefix(info.GoVersion, "go")}}
	folders[goModules] = []string{strings.TrimSpace(goroot)}
	for _, dep := range info.Deps {
		if dep.Replace != nil {
			dep = dep.Replace
		}
		found = append(found, library{path: dep.Path, version: dep.Version, sum: dep.Sum})
	}
	for i := range found {
		if err := found[i].read(folders[found[i].path]); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// sources returns, for each module in the program, its folder and those below
// it of packages in use that have licences of their own.
func sources() (map[string][]string, error) {
	listed, err := goCommand("list", "-deps", "-f",
		"{{with .Module}}{{if not .Main}}{{.Path}}\t{{.Dir}}\t{{$.Dir}}{{end}}{{end}}", "./cmd/syncsvc")
	if err != nil {
		return nil, err
	}
	folders := make(map[string][]string)
	for lines := bufio.NewScanner(strings.NewReader(listed)); lines.Scan(); {
		fields := strings.Split(lines.Text(), "\t")
		if len(fields) != 3 {
			continue
		}
		module, top, dir := fields[0], fields[1], fields[2]
		for ; strings.HasPrefix(dir, top); dir = filepath.Dir(dir) {
			if !slices.Contains(folders[module], dir) {
				folders[module] = append(folders[module], dir)
			}
		}
	}
	for _, dirs := range folders {
		slices.Sort(dirs)
	}
	return folders, nil
}

func goCommand(args ...string) (string, error) {
	var words bytes.Buffer
	cmd := exec.Command("go", args...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux")
	cmd.Stderr = &words
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("go %s: %w: %s", args[0], err, words.Bytes())
	}
	return string(out), nil
}
