package config

import (
	"os"
	"path/filepath"
	"slices"

	"github.com/syncsvc/syncsvc/config/sersync"
)

// Names returns the names of the modules that have a file in dir, valid or
// not, in order. A folder that cannot be read has none.
func Names(dir string) []string {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	var names []string
	for _, e := range entries {
		names = append(names, namesIn(dir, e)...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Files returns the files in dir that are called like the module's, valid or
// not: one as a rule.
func Files(dir, name string) []string {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	var files []string
	for _, e := range entries {
		if slices.Contains(namesIn(dir, e), name) {
			files = append(files, filepath.Join(dir, e.Name()))
		}
	}
	return files
}

// NamesIn returns the names of the modules of one file, valid or not.
func NamesIn(path string) []string {
	name, ok := nameOf(path)
	if !ok {
		return nil
	}
	names := []string{name}
	if !isXML(path) {
		return names
	}
	src, err := readSource(path)
	if err != nil {
		return names
	}
	if file, _ := parseXML(src, sersync.Options{}); file != nil {
		for i := 1; i < len(file.Modules); i++ {
			names = append(names, sersync.ModuleName(name, i))
		}
	}
	return names
}

func namesIn(dir string, e os.DirEntry) []string {
	if e.IsDir() {
		return nil
	}
	return NamesIn(filepath.Join(dir, e.Name()))
}
