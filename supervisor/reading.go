package supervisor

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/syncsvc/syncsvc/config"
	"github.com/syncsvc/syncsvc/control"
)

// reading is what the module files say at a moment.
type reading struct {
	modules map[string]*config.Module
	// problems of files that can't be used as they are, by module.
	problems map[string][]control.Problem
	// broken are the same problems by file: which modules a file of several had
	// it does not say any more.
	broken map[string][]control.Problem
	// general problems are about no single module. Then it is not known which
	// modules there are, and none is missed.
	general []control.Problem
	// absent says that the folder is not there, which is fine for a service
	// without modules.
	absent bool
	// remarks are about modules that can be used but will not work as they are.
	remarks []control.Problem
}

// readModules reads all module files.
func readModules(s *config.Service) reading {
	r := reading{modules: map[string]*config.Module{}, problems: map[string][]control.Problem{}, broken: map[string][]control.Problem{}}
	modules, err := s.Modules()
	if _, missing := os.Stat(s.ConfDir); err == nil && errors.Is(missing, fs.ErrNotExist) {
		r.absent = true
	}
	for _, m := range modules {
		r.modules[m.Name] = m
		for _, p := range config.CheckSystem(m) {
			if !p.CanWait {
				r.remarks = append(r.remarks, problem(m.Name, p))
			}
		}
	}
	for _, p := range config.Problems(err) {
		r.sort(s.ConfDir, p)
	}
	// What is wrong with a file that a module file names is said without the
	// module's name.
	for _, name := range config.Names(s.ConfDir) {
		if r.modules[name] == nil && len(r.problems[name]) == 0 {
			r.problems[name] = r.alone(s.ConfDir, name)
		}
	}
	if len(r.problems) > 0 {
		r.general = slices.DeleteFunc(r.general, r.isKnown)
	}
	return r
}

// sort finds out which module a problem is about.
func (r *reading) sort(dir string, p config.Problem) {
	if p.File != "" && filepath.Dir(p.File) == filepath.Clean(dir) {
		for _, name := range config.NamesIn(p.File) {
			r.problems[name] = append(r.problems[name], problem(name, p))
		}
		r.broken[p.File] = append(r.broken[p.File], problem(moduleOf(p.File), p))
		return
	}
	if errors.Is(p, fs.ErrNotExist) {
		p.Hint = "the modules go on as they were until it is there again"
	}
	r.general = append(r.general, problem("", p))
}

// alone reads one module's file by itself.
func (r *reading) alone(dir, name string) []control.Problem {
	var list []control.Problem
	for _, file := range config.Files(dir, name) {
		_, err := config.LoadFile(file)
		for _, p := range config.Problems(err) {
			list = append(list, problem(name, p))
		}
	}
	return list
}

// of are the problems of a module that was in a file when it was last read.
func (r *reading) of(name, file string) []control.Problem {
	if list := r.problems[name]; len(list) > 0 || r.modules[name] != nil {
		return list
	}
	return r.broken[file]
}

// isKnown reports whether a problem is also listed under a module.
func (r *reading) isKnown(p control.Problem) bool {
	for _, list := range r.problems {
		for _, q := range list {
			if q.Text == p.Text {
				return true
			}
		}
	}
	return false
}

// all are the problems of all files.
func (r *reading) all() []control.Problem {
	list := slices.Clone(r.general)
	for _, of := range r.problems {
		list = append(list, of...)
	}
	slices.SortStableFunc(list, func(a, b control.Problem) int {
		return strings.Compare(fmt.Sprintf("%s:%06d", a.File, a.Line), fmt.Sprintf("%s:%06d", b.File, b.Line))
	})
	return append(list, r.remarks...)
}

// moduleOf is the module of a file in the folder of modules.
func moduleOf(file string) string {
	base := filepath.Base(file)
	return strings.TrimSuffix(base, filepath.Ext(base))
}

// problem is a problem of a configuration in the words of the API.
func problem(module string, p config.Problem) control.Problem {
	return control.Problem{
		Module: module, File: p.File, Line: p.Line, Column: p.Column, Key: p.Key,
		Message: p.Message, Hint: p.Hint, Text: p.Text(),
	}
}
