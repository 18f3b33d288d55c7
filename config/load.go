package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/syncsvc/syncsvc/control"
)

// maxNameLength keeps the paths of sockets named after modules below the 108
// bytes that the kernel has for them.
const maxNameLength = 64

// moduleName is what a module may be called. A leading dash could not be typed
// on a command line, and files with a leading dot are hidden.
var moduleName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]*$`)

// LoadModule reads one module file. The error holds every problem of the file;
// see [Problems].
func LoadModule(path string) (*Module, error) {
	m, problems := loadModule(path)
	return m, Join(problems)
}

// ParseModule reads text as [LoadModule] would if it was the content of the file
// at path. The file need not be there.
func ParseModule(path string, text []byte) (*Module, error) {
	m, problems := readModule(path, func() (*source, error) { return &source{file: path, text: string(text)}, nil })
	return m, Join(problems)
}

func loadModule(path string) (*Module, []Problem) {
	return readModule(path, func() (*source, error) { return readSource(path) })
}

func readModule(path string, open func() (*source, error)) (*Module, []Problem) {
	name, ok := nameOf(path)
	if !ok {
		return nil, []Problem{{File: path, Message: "is not called like a module file", Hint: "NAME.yaml, NAME.yml or NAME.json"}}
	}
	if bad := checkName(name); bad != nil {
		return nil, []Problem{{File: path, Message: bad.message, Hint: bad.hint}}
	}
	src, err := open()
	if err != nil {
		return nil, []Problem{fileProblem(path, err)}
	}
	m, problems := decode(src, environment{home: homeFolder(), rulesFrom: readRules})
	if m != nil {
		m.Name, m.File = name, path
	}
	return m, problems
}

// LoadDir reads all module files of a folder, in order of their names. It
// returns the good ones whatever is wrong with others; the error holds every
// problem of all files. Hidden files, and those whose names do not end in
// .yaml, .yml or .json, as the backups of editors and package managers, are
// passed over. A folder that does not exist is an error that wraps
// [fs.ErrNotExist].
func LoadDir(dir string) ([]*Module, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		p := fileProblem(dir, err)
		p.Hint = "it should be a folder with a file for each module"
		return nil, Join([]Problem{p})
	}
	var modules []*Module
	var problems []Problem
	first := map[string]string{} // module name to its first file
	for _, e := range entries {
		name, ok := nameOf(e.Name())
		if !ok {
			continue
		}
		path := filepath.Join(dir, e.Name())
		if other, taken := first[name]; taken {
			problems = append(problems, twoFiles(path, other, name))
			modules = slices.DeleteFunc(modules, func(m *Module) bool { return m.Name == name })
			continue
		}
		first[name] = path
		m, bad := loadModule(path)
		problems = append(problems, bad...)
		if m != nil {
			modules = append(modules, m)
		}
	}
	modules, overlaps := apart(modules)
	return modules, Join(append(problems, overlaps...))
}

func twoFiles(path, other, name string) Problem {
	return Problem{
		File: path, Message: fmt.Sprintf("%s is also the file of module %q; neither is used", other, name),
		Hint: "remove or rename one of the two",
	}
}

// nameOf returns the module's name of a file that is called like one, and
// whether it is; hidden files are not.
func nameOf(path string) (string, bool) {
	base := filepath.Base(path)
	suffix := filepath.Ext(base)
	name := strings.TrimSuffix(base, suffix)
	known := suffix == ".yaml" || suffix == ".yml" || suffix == ".json"
	return name, known && name != "" && !strings.HasPrefix(base, ".")
}

// CheckName returns an error that says why no module can have a name, or nil.
func CheckName(name string) error {
	if bad := checkName(name); bad != nil {
		return errors.New(bad.message)
	}
	return nil
}

func checkName(name string) *mistake {
	switch {
	case name == control.ServiceName:
		return wrong("rename the file", "a module cannot be called %q: the service itself answers to that name", name)
	case len(name) > maxNameLength:
		return wrong("rename the file", "a module's name has at most %d characters", maxNameLength)
	case !moduleName.MatchString(name):
		return wrong("rename the file", "%q is not a module's name: use A-Z a-z 0-9 . _ - and no leading dash", name)
	}
	return nil
}

// readSource reads a configuration file. It waits for no pipe and reads no
// device, and one byte more than is allowed at most.
func readSource(path string) (*source, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("is not a regular file")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFileSize+1))
	if err != nil {
		return nil, err
	}
	return &source{file: path, text: string(data)}, nil
}

// fileProblem is a problem with a file as such. Its place names the file, so
// the message does not.
func fileProblem(path string, err error) Problem {
	message := err.Error()
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		message = e.Err.Error()
	}
	return Problem{File: path, Message: message, cause: err}
}

// homeFolder returns the home of whoever runs this, or "" when there is none.
func homeFolder() string {
	home, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	return filepath.Clean(home)
}
