package main

import (
	"context"
	"fmt"
	"path"
	"path/filepath"
	"strings"

	"github.com/syncsvc/syncsvc/control"
)

// treePath returns a path as the module knows it, relative to its watch
// folder. It must be beneath that. A slash at its end stays: it says of what is
// not there that a folder is meant.
func (m *moduleClient) treePath(ctx context.Context, given string) (string, error) {
	p, err := m.relative(ctx, given)
	if err == nil && p != "" && strings.HasSuffix(given, "/") {
		p += "/"
	}
	return p, err
}

func (m *moduleClient) relative(ctx context.Context, given string) (string, error) {
	switch {
	case given == "":
		return "", nil
	case filepath.IsAbs(given):
		return m.fromAbsolute(ctx, given)
	}
	p := path.Clean(given)
	if !filepath.IsLocal(p) {
		return "", usage("give a path relative to the watch folder, or an absolute one in it",
			"%q leads out of the folder that module %q watches", given, m.name)
	}
	return p, nil
}

// fromAbsolute asks the module where its watch folder is.
func (m *moduleClient) fromAbsolute(ctx context.Context, given string) (string, error) {
	var st control.Status
	if err := quick(ctx, func(ctx context.Context) error { return m.get(ctx, "/status", &st) }); err != nil {
		return "", err
	}
	rel, ok := beneath(st.Watch, given)
	if !ok {
		return "", usage("give a path beneath "+st.Watch+", or one relative to it",
			"%q is not in module %q, which watches %s", given, m.name, st.Watch)
	}
	return rel, nil
}

// beneath returns given relative to root, "" for root itself. The folders
// given is in may be written by way of symbolic links.
func beneath(root, given string) (string, bool) {
	given = path.Clean(given)
	if rel, ok := within(root, given); ok {
		return rel, true
	}
	folder, err := filepath.EvalSymlinks(filepath.Dir(given))
	if err != nil {
		return "", false
	}
	real, err := filepath.EvalSymlinks(root)
	if err != nil {
		return "", false
	}
	return within(real, filepath.Join(folder, filepath.Base(given)))
}

func within(root, given string) (string, bool) {
	if given == root {
		return "", true
	}
	return strings.CutPrefix(given, strings.TrimSuffix(root, "/")+"/")
}

// shownPath writes what part of a tree is meant.
func shownPath(p string) string {
	if p == "" || p == "." {
		return "everything"
	}
	return fmt.Sprintf("%q", p)
}
