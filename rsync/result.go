package rsync

import "time"

// Class is what a run came to, as one word. Done, Vanished, Partial and Limit
// say something about single paths: whatever is not named in Failed or Vanished
// is on the target. In every other class the whole job is still owed.
type Class uint8

const (
	// Unknown is anything not understood: rsync was killed by somebody else,
	// crashed, or claimed success without showing it.
	Unknown Class = iota
	// Done means that everything asked for is on the target.
	Done
	// Vanished means that the paths in Result.Vanished were gone when rsync
	// came to read them; look at them again. The rest is done.
	Vanished
	// Partial means that the paths in Result.Failed are not alike; the rest is
	// done.
	Partial
	// Limit means that --max-delete held back deletions, Result.Skipped of
	// them. Failed and Vanished hold too.
	Limit
	// Full means that the target's disk is full or over quota.
	Full
	// Away means that the target could not be reached or was lost.
	Away
	// Refused means that the target is there and does not want it: who we are,
	// the module, its being read-only, its number of connections, its folder.
	Refused
	// Config means that the command cannot work as it is configured.
	Config
	// Source means that the job's own folder cannot be read, or that what the
	// target has in the place of Job.Base is no folder.
	Source
	// Aborted means that rsync gave up in the middle because of something in the
	// trees; the target is well. It may be a race, or one path that will do so
	// each time.
	Aborted
	// Killed means that the context ended before rsync did, or that rsync stood
	// at a fifo where it had seen a file. It is to be looked at again.
	Killed
)

var classNames = [...]string{
	"unknown", "done", "vanished", "partial", "limit", "full", "away", "refused", "config", "source", "aborted", "killed",
}

// String returns the class in lower case.
func (c Class) String() string { return classNames[c] }

// Named reports whether the class says something about single paths; see Class.
func (c Class) Named() bool { return c == Done || c == Vanished || c == Partial || c == Limit }

// FailureKind is why a path failed.
type FailureKind uint8

const (
	// Other is everything that is not listed here.
	Other FailureKind = iota
	// Denied is a lack of permission or a read-only file system, on either
	// side.
	Denied
	// NoSpace is a full disk or quota.
	NoSpace
	// Undeleted is a listing or tree whose deletions were left out because of a
	// read error elsewhere in the job. By itself it may well succeed.
	Undeleted
	// MixedUp is a path that was something else than rsync took it for, or in
	// something that is no folder any more, on either side.
	MixedUp
)

// String returns the kind in lower case.
func (k FailureKind) String() string {
	return [...]string{"other", "denied", "nospace", "undeleted", "mixed up"}[k]
}

// Failure is a path that did not get there.
type Failure struct {
	// Path is relative to Job.Base. "d/" is a folder with what is in it (in a
	// tree job: everything beneath). "" means that rsync did not say which
	// path, and it can be any of the job.
	Path string
	// Reason is in rsync's own words, made safe to print.
	Reason string
	Kind   FailureKind
}

// Result is what happened. It is a value; nothing in it is shared.
type Result struct {
	Class Class
	// Code is rsync's exit code, -1 when it was not started or was killed.
	Code int
	// Reason is one line for people, "" for Done; Hint is what they could do,
	// often "".
	Reason, Hint string

	// RefusesMissing says that the target's rsync has a fault: it takes a missing
	// path that is to be deleted for an attack. 3.4.3 has it, and older ones into
	// which a distribution has brought the same correction, such as Debian's
	// 3.2.7-1+deb12u6 (rsync issue 910). See Job.OnlyListed.
	RefusesMissing bool

	// Failed names each path once. It is empty when nothing is known of single
	// paths.
	Failed []Failure
	// Vanished are paths that were gone on the source, the topmost ones where
	// folders are concerned: a path of the job inside one of them is dealt with
	// when that one is.
	Vanished []string
	// NewDirs are folders that a flat job made on the target without, or
	// without all of, their contents: answer with a tree, whatever the class,
	// because next time they are not new. "." is Base itself. When the job did
	// not go through there may be more of them than rsync could tell.
	NewDirs []string
	// NewRoot says that Base itself was made on the target, perhaps with its
	// parents. It may be false nonetheless when the job did not go through.
	NewRoot bool
	// Kept are folders that were to be deleted and stay because something in
	// them is excluded, is a mount point, or could not be deleted either.
	Kept []string
	// Ignored are special files that the target does not make: it is not root,
	// or the arguments do not ask for it. rsync does not count them as errors.
	Ignored []string

	// Sent counts files whose content was sent, Deleted entries removed,
	// Skipped deletions held back by MaxDelete. rsync does not count a folder of
	// which something is left, so with MaxDelete 0 Skipped is short by the
	// folders that are not empty.
	Sent, Deleted, Skipped int
	// BytesSent and BytesReceived are what went over the wire, 0 when rsync did
	// not get to its summary.
	BytesSent, BytesReceived int64
	Started, Ended           time.Time
	// Stderr is the end of what rsync wrote there, at most 8 KiB.
	Stderr string
}
