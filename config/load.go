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

	"github.com/syncsvc/syncsvc/config/sersync"
	"github.com/syncsvc/syncsvc/control"
)

// maxNameLength keeps the paths of sockets named after modules below the 108
// bytes that the kernel has for them.
const maxNameLength = 64

// moduleName is what a module may be called. A leading dash could not be typed
// on a command line, and files with a leading dot are hidden.
var moduleName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]*$`)

// LoadModule reads the module of one file, of several the first. The error
// holds every problem of the file; see [Problems].
func LoadModule(path string) (*Module, error) {
	modules, err := LoadFile(path)
	if len(modules) == 0 {
		return nil, err
	}
	return modules[0], err
}

// LoadNamed reads the module called name from its file, which may have others
// besides. With an empty name it is [LoadModule].
func LoadNamed(path, name string) (*Module, error) {
	if name == "" {
		return LoadModule(path)
	}
	modules, err := LoadFile(path)
	for _, m := range modules {
		if m.Name == name {
			return m, err
		}
	}
	if err == nil {
		err = Join([]Problem{{File: path, Message: fmt.Sprintf("there is no module %q in it any more", name)}})
	}
	return nil, err
}

// LoadFile reads all modules of one file: of YAML and JSON it is one, of
// sersync's XML one for each localpath. They are good together or not at all.
func LoadFile(path string) ([]*Module, error) {
	modules, problems := loadFile(path)
	return modules, Join(problems)
}

// ParseModule reads text as [LoadModule] would if it was the content of the file
// at path. The file need not be there.
func ParseModule(path string, text []byte) (*Module, error) {
	modules, problems := readFile(path, func() (*source, error) { return &source{file: path, text: string(text)}, nil })
	if len(modules) == 0 {
		return nil, Join(problems)
	}
	return modules[0], Join(problems)
}

func loadFile(path string) ([]*Module, []Problem) {
	return readFile(path, func() (*source, error) { return readSource(path) })
}

func readFile(path string, open func() (*source, error)) ([]*Module, []Problem) {
	name, ok := nameOf(path)
	if !ok {
		return nil, []Problem{{File: path, Message: "is not called like a module file", Hint: "NAME.yaml, NAME.yml or NAME.json, or NAME.xml of sersync"}}
	}
	if bad := checkName(name); bad != nil {
		return nil, []Problem{{File: path, Message: bad.message, Hint: bad.hint}}
	}
	src, err := open()
	if err != nil {
		return nil, []Problem{fileProblem(path, err)}
	}
	env := environment{home: homeFolder(), rulesFrom: readRules}
	var modules []*Module
	var problems []Problem
	if isXML(path) {
		modules, problems = readXML(name, src, env, sersync.Options{})
	} else if m, bad := decode(src, env); m != nil {
		m.Name = name
		modules, problems = []*Module{m}, bad
	} else {
		problems = bad
	}
	for _, m := range modules {
		m.File = path
	}
	return modules, problems
}

// LoadDir reads all module files of a folder, in order of their names. It
// returns the good ones whatever is wrong with others; the error holds every
// problem of all files. Hidden files, and those whose names do not end in
// .yaml, .yml, .json or .xml, as the backups of editors and package managers, are
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
		loaded, bad := loadFile(path)
		problems = append(problems, bad...)
		names := []string{name} // also of a file that cannot be read
		for _, m := range loaded[min(1, len(loaded)):] {
			names = append(names, m.Name)
		}
		taken := false
		for _, n := range names {
			if other, ok := first[n]; ok {
				problems = append(problems, twoFiles(path, other, n))
				modules = slices.DeleteFunc(modules, func(m *Module) bool { return m.File == other })
				taken = true
				continue
			}
			first[n] = path
		}
		if !taken {
			modules = append(modules, loaded...)
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
	known := suffix == ".yaml" || suffix == ".yml" || suffix == ".json" || suffix == ".xml"
	return name, known && name != "" && !strings.HasPrefix(base, ".")
}

// IsModuleFile reports whether a file is called like a module file.
func IsModuleFile(path string) bool {
	_, ok := nameOf(path)
	return ok
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
