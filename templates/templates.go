// Package templates holds the texts that syncsvc writes for people and for
// other programs, embedded in the binary, and one function that fills them in.
//
// It decides nothing: where a text goes, and whether it may replace one that
// is there, is the caller's business. Nothing is read from the disk.
package templates

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"strings"
	"text/template"
)

//go:embed text
var texts embed.FS

// Render returns the text called name with its gaps filled from data. Names
// lists the names; the types in this package say what each text needs, and
// the others take nil. A gap that data has no value for is an error, and so is
// an unknown name (it wraps [fs.ErrNotExist]).
func Render(name string, data any) ([]byte, error) {
	text, err := fs.ReadFile(texts, "text/"+name)
	if err != nil {
		return nil, fmt.Errorf("template %q: %w", name, err)
	}
	t, err := template.New(name).Option("missingkey=error").Parse(string(text))
	if err != nil {
		return nil, fmt.Errorf("template %q: %w", name, err)
	}
	var out bytes.Buffer
	if err := t.Execute(&out, data); err != nil {
		return nil, fmt.Errorf("template %q: %w", name, err)
	}
	return out.Bytes(), nil
}

// Names returns the names that Render knows, in alphabetical order. Those of
// texts that belong together begin alike: "init/sysv".
func Names() []string {
	var names []string
	err := fs.WalkDir(texts, "text", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, strings.TrimPrefix(path, "text/"))
		}
		return err
	})
	if err != nil {
		panic(err) // the folder is part of the binary
	}
	return names
}
