// Package change holds the one noun of the system: a path that needs looking
// at, how two of them become one, and the set of those still owed.
//
// A change never says what happened, only where to look: what is sent is what
// is on disk when the job runs. Merging is therefore associative, commutative
// and idempotent, and a duplicate costs nothing. The package knows nothing of
// kernels, rsync or disks.
package change

import (
	"strings"
	"time"
)

// Root is the path of the watch root itself.
const Root = "."

// Scope says how much of the tree at a path is in doubt. A wider scope
// swallows narrower ones beneath it; see [Set.Add].
type Scope uint8

const (
	// Entry is this one name: a file, or a folder without what is in it.
	Entry Scope = iota
	// Listing is a folder and its own entries, deletions included, but not
	// what is inside its sub-folders.
	Listing
	// Scan is the part of a tree that changed since Change.Since: somebody has
	// to walk it to find out. It is what remains of owed changes that were too
	// many to remember one by one, and what a watcher reports when it lost
	// track.
	Scan
	// Tree is a folder with everything beneath it.
	Tree
)

// String returns the scope in lower case, as used in logs.
func (s Scope) String() string {
	return [...]string{"entry", "listing", "scan", "tree"}[s]
}

// Change is a path that needs looking at.
type Change struct {
	// Path is relative to the watch root with '/' between names, no leading
	// "./" and no trailing slash; it is bytes, not UTF-8. Root is the root.
	Path  string
	Scope Scope
	// Quick says that rsync's quick check (same size, same mtime in whole
	// seconds) may be trusted for it, because only attributes changed or
	// because a comparison of everything was asked for. When false, a
	// same-size edit within one second must be found too.
	Quick bool
	// Since is the earliest moment it became owed, in the kernel's clock.
	Since time.Time
	// Was is the path it had before a rename, or "". It is only a hint that
	// saves sending the contents again.
	Was string
	// Swept marks what was found by walking or is a comparison of everything,
	// as opposed to what was seen to change: its deletions are guarded by the
	// default deletion limit.
	Swept bool
	// Spare marks a comparison that somebody asked for: nothing beneath is
	// known to be missing, so nobody has to wait for it, nor find it again
	// after a crash. What covers a change that is not spare is not either.
	Spare bool
}

// Merge returns the one change that stands for both. The two must have the
// same path and scope, and both or neither be renames.
func Merge(a, b Change) Change {
	return Change{
		Path:  a.Path,
		Scope: a.Scope,
		Quick: a.Quick && b.Quick,
		Since: earliest(a.Since, b.Since),
		Was:   max(a.Was, b.Was),
		Swept: a.Swept || b.Swept,
		Spare: a.Spare && b.Spare,
	}
}

// Covers reports whether answering wide answers narrow too. A trusted quick
// check does not answer for a change that must not trust it. A rename is never
// covered, because its hint would be lost, and covers nothing, because it
// relies on what the old name has on the target.
func Covers(wide, narrow Change) bool {
	if wide.Was != "" || narrow.Was != "" || (wide.Quick && !narrow.Quick) {
		return false
	}
	switch wide.Scope {
	case Tree:
		return Within(narrow.Path, wide.Path)
	case Listing:
		return narrow.Scope == Entry &&
			(narrow.Path == wide.Path || (narrow.Path != Root && Parent(narrow.Path) == wide.Path))
	default:
		return false
	}
}

// Within reports whether path is dir or lies beneath it. Everything lies
// within Root.
func Within(path, dir string) bool {
	if dir == Root || path == dir {
		return true
	}
	return len(path) > len(dir) && path[len(dir)] == '/' && strings.HasPrefix(path, dir)
}

// Parent returns the folder that holds path; that of a top-level name, and of
// Root, is Root.
func Parent(path string) string {
	if i := strings.LastIndexByte(path, '/'); i >= 0 {
		return path[:i]
	}
	return Root
}

// Join returns the path of name inside dir.
func Join(dir, name string) string {
	if dir == Root {
		return name
	}
	return dir + "/" + name
}

// Rebase returns path as it is called once folder from is called to. Path must
// lie within from.
func Rebase(path, from, to string) string {
	switch {
	case path == from:
		return to
	case from == Root:
		return Join(to, path)
	}
	return Join(to, strings.TrimPrefix(path[len(from):], "/"))
}

func earliest(a, b time.Time) time.Time {
	if a.IsZero() || (!b.IsZero() && b.Before(a)) {
		return b
	}
	return a
}
