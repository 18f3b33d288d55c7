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
// folder. An absolute one must be beneath that.
func (m *moduleClient) treePath(ctx context.Context, given string) (string, error) {
	if !filepath.IsAbs(given) {
		return given, nil
	}
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
