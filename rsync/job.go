package rsync

import (
	"bufio"
	"crypto/rand"
	"fmt"
	"io"
	"strings"
)

// Job is what one run of rsync has to make alike.
type Job struct {
	// Dir is the watch root: a path, or /proc/self/fd/N of a folder that is
	// held open until Run returns. It is opened once; rsync then works inside
	// that very folder even if it is renamed, replaced or unmounted meanwhile,
	// and refuses to start when it was deleted.
	Dir string
	// Base is the job's own root, relative to Dir, and is appended to the
	// target's path as well; "" or "." is Dir itself. No part of it may be a
	// symbolic link.
	Base string

	// Paths are relative to Base: "a/b" is an entry, "a/b/" the listing of a
	// folder, "./" that of Base. In a tree job each is a root and everything
	// beneath it goes along. What turns out to be a link or a file by the time
	// Run looks is sent as that, and so is a link on the way to a path.
	Paths []string
	// Tree makes the job recursive. A job is flat otherwise.
	Tree bool
	// RootAttrs sends the attributes of Base itself and nothing else when there
	// are no Paths. With Paths they go along anyway.
	RootAttrs bool
	// IgnoreTimes re-sends every file listed (as a delta), whatever size and
	// mtime say.
	IgnoreTimes bool
	// Checksum compares contents where size and mtime are alike, which makes
	// both sides read every file.
	Checksum bool

	// Delete allows deletions on the target. Without it a missing path is
	// passed over, and a folder in the way of a file is a failure.
	Delete bool
	// OnlyListed confines deletions to the folders listed and the trees; a missing
	// path is passed over. It is for a target of which Result.RefusesMissing is
	// known.
	OnlyListed bool
	// MaxDelete stops after so many deletions; 0 allows none but counts them,
	// a negative number is no limit.
	MaxDelete int
	// Filters are ready arguments (--filter=…).
	Filters []string
	// LinkDest is a folder on the target, relative to Base there, whose equal
	// files are linked instead of being sent. It is left out when the target's
	// Args write files in place, which would change both.
	LinkDest string
	// Fuzzy lets a similar file of the same folder serve as the base of a
	// delta.
	Fuzzy bool
	// Brief says that nothing in the job keeps the target busy in silence for
	// long, such as comparing a big file. Target.Timeout is then kept by
	// watching rsync alone and not passed on: the message by which the two
	// rsyncs agree on a timeout costs 40 ms with a daemon that leaves Nagle's
	// algorithm on (measured, 3.5.0: 8.6 ms without, 51.8 ms with it).
	Brief bool
	// DryRun only tells what would be done.
	DryRun bool
	// FullList itemises unchanged entries too.
	FullList bool

	// OnItem is called for every line rsync itemises, one after the other, on a
	// goroutine of Run. It may be nil.
	OnItem func(Item)
	// Progress is kept up to date while the job runs. It may be nil.
	Progress *Progress
}

// empty reports whether there is nothing to do.
func (j Job) empty() bool { return len(j.Paths) == 0 && !j.RootAttrs }

// onlyRoot reports whether only the attributes of Base are asked for.
func (j Job) onlyRoot() bool {
	for _, p := range j.Paths {
		if j.Tree || p != "." {
			return false
		}
	}
	return !j.empty()
}

// check refuses paths that would lead out of Base.
func (j Job) check() error {
	for _, p := range append([]string{j.Base}, j.Paths...) {
		if strings.HasPrefix(p, "/") || strings.ContainsRune(p, 0) {
			return fmt.Errorf("path %q is not relative to the job's folder", p)
		}
		for part := range strings.SplitSeq(p, "/") {
			if part == ".." {
				return fmt.Errorf("path %q leaves the job's folder", p)
			}
		}
	}
	return nil
}

// writeList writes what goes to --files-from. The "./" in front makes names
// that begin with '-', '#' or ';' harmless and carries the attributes of Base.
func (j Job) writeList(to io.Writer) error {
	list := bufio.NewWriter(to)
	if j.onlyRoot() {
		// A name that does not exist is passed over, but its parent is sent.
		writeEntry(list, ".syncsvc-"+rand.Text())
	}
	for _, p := range j.Paths {
		if p == "." && !j.Tree {
			continue // goes along with any other path
		}
		writeEntry(list, strings.TrimPrefix(p, "./"))
	}
	return list.Flush() // which returns the first error there was
}

func writeEntry(list *bufio.Writer, path string) {
	_, _ = list.WriteString("./")
	_, _ = list.WriteString(path)
	_ = list.WriteByte(0)
}
