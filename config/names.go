package config

import (
	"os"
	"path/filepath"
	"slices"
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
		if name, ok := nameOf(e.Name()); ok && !e.IsDir() {
			names = append(names, name)
		}
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
		if of, ok := nameOf(e.Name()); ok && of == name && !e.IsDir() {
			files = append(files, filepath.Join(dir, e.Name()))
		}
	}
	return files
}
