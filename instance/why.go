package instance

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/syncsvc/syncsvc/change"
	"github.com/syncsvc/syncsvc/control"
	"github.com/syncsvc/syncsvc/filter"
)

// handleWhy says what happens to one path, and why.
func (in *instance) handleWhy(r *http.Request) (any, error) {
	asked := r.URL.Query().Get("path")
	p, err := in.locate(asked)
	if err != nil {
		return nil, err
	}
	kind, isDir := in.kindOf(p)
	if kind == "" {
		isDir = strings.HasSuffix(asked, "/")
	}
	why := in.module().Filter.Why(p, isDir)
	answer := control.WhyAnswer{
		Path: control.Path(p), Exists: kind != "", Kind: kind,
		Mirrored: !why.Excluded, Rule: why.String(), Where: sourceOf(why),
	}
	for _, t := range in.targets() {
		answer.Targets = append(answer.Targets, t.why(p, kind != "", !why.Excluded))
	}
	return answer, nil
}

// sourceOf is the file and line of the rule that decides; "" when none does.
func sourceOf(why filter.Reason) string {
	switch {
	case why.Rule != nil:
		return why.Rule.Source
	case why.Regex != nil:
		return why.Regex.Source
	}
	return ""
}

// locate returns a path as the tree knows it: relative, or absolute within the
// watched folder, by its own name or that which a link leads to.
func (in *instance) locate(p string) (string, error) {
	if !strings.HasPrefix(p, "/") {
		return inside(p)
	}
	root := in.module().Watch
	roots := []string{root}
	if real, err := filepath.EvalSymlinks(root); err == nil {
		roots = append(roots, real)
	}
	clean := filepath.Clean(p)
	for _, root := range roots {
		if clean == root {
			return change.Root, nil
		}
		if rest, ok := strings.CutPrefix(clean, root+"/"); ok {
			return rest, nameable(rest)
		}
	}
	return "", &control.Failed{
		Status: http.StatusBadRequest, Err: fmt.Errorf("%s is not in the watched folder %s", p, root),
		Hint: "name it from / on, or relative to that folder",
	}
}

// kindOf is what is on disk at p, in words; "" when nothing is.
func (in *instance) kindOf(p string) (kind string, isDir bool) {
	root, err := in.ground.pin()
	if err != nil {
		return "", false
	}
	defer root.Close()
	st, err := statBeneath(int(root.Fd()), p)
	if err != nil {
		return "", false
	}
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFDIR:
		return "folder", true
	case unix.S_IFREG:
		return "file", false
	case unix.S_IFLNK:
		return "symlink", false
	case unix.S_IFIFO:
		return "fifo", false
	case unix.S_IFSOCK:
		return "socket", false
	}
	return "device", false
}

// why is what t knows of a path.
func (t *target) why(p string, exists, mirrored bool) control.WhyTarget {
	t.mu.Lock()
	defer t.mu.Unlock()
	w := control.WhyTarget{Target: t.name, Held: t.ledger.held.holds(p), LastSent: stamp(t.recent.when(p))}
	w.Owed, w.InFlight = t.ledger.about(p)
	if f := t.ledger.failing.paths[p]; f != nil {
		words := f.words()
		w.Failure = &words
	}
	w.Verdict = t.verdictOn(w, exists, mirrored)
	return w
}

// verdictOn is all of w in one line; the caller holds mu.
func (t *target) verdictOn(w control.WhyTarget, exists, mirrored bool) string {
	state, reason, _ := t.state()
	switch {
	case !mirrored:
		return "left alone: the rules leave it out"
	case w.Held:
		return "its deletion waits for approval"
	case w.InFlight:
		return "on its way now"
	case w.Failure != nil:
		return fmt.Sprintf("fails: %s; tried %d times, again at %s", w.Failure.Reason, w.Failure.Attempts,
			w.Failure.Next.Format(time.TimeOnly))
	case w.Owed && (state == control.Paused || state == control.Backoff || state == control.Scanning):
		return fmt.Sprintf("owed; the target is in state %s: %s", state, reason)
	case w.Owed:
		return "owed, goes next"
	case t.isAlone() && w.LastSent != nil:
		return "told, last at " + w.LastSent.Format(time.DateTime)
	case t.isAlone():
		return "nothing to tell of it lately"
	case !t.based:
		return "not there yet: " + reason
	case w.LastSent != nil:
		return "there, last sent at " + w.LastSent.Format(time.DateTime)
	case !exists && t.settings().Delete:
		return "gone on both sides"
	case !exists:
		return "gone here; it may still be there, since delete is off"
	}
	return "there; not sent lately"
}

// about reports whether path, or something beneath, is owed, and whether a job
// in the air deals with it.
func (l *ledger) about(path string) (owed, flying bool) {
	for _, j := range l.flying {
		for _, it := range j.items {
			flying = flying || deals(it.Change, path)
		}
	}
	if flying {
		return true, true
	}
	for _, s := range l.sets() {
		if s.Holds(path) || s.HoldsBelow(path) || change.Parent(path) != path && listed(s, change.Parent(path)) {
			return true, false
		}
		for c := range s.Above(path) {
			if c.Scope >= change.Scan {
				return true, false
			}
		}
	}
	for _, c := range l.walking {
		owed = owed || deals(c, path)
	}
	for _, j := range l.groups {
		for _, it := range j.items {
			owed = owed || deals(it.Change, path)
		}
	}
	return owed, false
}

// deals reports whether c is about path, or something beneath it.
func deals(c change.Change, path string) bool {
	return change.Within(c.Path, path) || c.Scope >= change.Scan && change.Within(path, c.Path) ||
		c.Scope == change.Listing && change.Parent(path) == c.Path
}

// listed reports whether the listing of a folder is in s.
func listed(s *change.Set, folder string) bool {
	for c := range s.Above(folder + "/x") {
		if c.Path == folder && c.Scope == change.Listing {
			return true
		}
	}
	return false
}
