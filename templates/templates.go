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

// Names returns the names that Render knows, in alphabetical order.
func Names() []string {
	entries, err := fs.ReadDir(texts, "text")
	if err != nil {
		panic(err) // the folder is part of the binary
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name()
	}
	return names
}
