package main

import (
	"os"
	"path/filepath"
	"strings"
)

// fileSuffixes are those of module files.
func fileSuffixes() []string { return []string{".yaml", ".yml", ".json"} }

// filesOf returns the files of a module, valid or not: one as a rule.
func filesOf(confDir, name string) []string {
	var files []string
	for _, suffix := range fileSuffixes() {
		path := filepath.Join(confDir, name+suffix)
		if info, err := os.Lstat(path); err == nil && !info.IsDir() {
			files = append(files, path)
		}
	}
	return files
}

// isFileOf reports whether a path is that of a module's file.
func isFileOf(path, name string) bool {
	base := filepath.Base(path)
	suffix := filepath.Ext(base)
	return strings.TrimSuffix(base, suffix) == name
}
