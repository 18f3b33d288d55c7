package scan

import (
	"time"

	"golang.org/x/sys/unix"

	"github.com/syncsvc/syncsvc/change"
)

// stamp is what the kernel says about the past of one inode.
type stamp struct {
	changed time.Time // ctime
	born    time.Time // btime; zero where the file system does not keep it
}

func stampOf(st *unix.Statx_t) stamp {
	s := stamp{changed: time.Unix(st.Ctime.Sec, int64(st.Ctime.Nsec))}
	if st.Mask&unix.STATX_BTIME != 0 {
		s.born = time.Unix(st.Btime.Sec, int64(st.Btime.Nsec))
	}
	return s
}

// moment decides what changed since. It holds the rules and does no I/O.
type moment struct {
	from  time.Time // what changed at or after it is looked at; zero: nothing
	since time.Time // the caller's moment, without the margin
	began time.Time // when the walk started
}

func newMoment(o Options, began time.Time) moment {
	if o.Since.IsZero() {
		return moment{began: began}
	}
	return moment{from: o.Since.Add(-o.Margin), since: o.Since, began: began}
}

// counting reports that nothing is to be yielded.
func (m moment) counting() bool { return m.from.IsZero() }

// file returns what is owed for anything that is not a folder.
func (m moment) file(path string, own stamp) change.Change {
	return change.Change{Path: path, Scope: change.Entry, Since: m.owed(own.changed)}
}

// folder returns what is owed for a folder that changed.
//
// The entries of a folder that was moved or renamed keep their change times,
// so they must all be looked at. rename(2) changes the folder and the folder
// it comes into, and whatever was made after the moment holds nothing older
// than that which was not itself moved there. The quick check may be trusted
// with the old contents, because most such folders were merely written to, and
// reading all of them on both sides would cost hours; what changed inside since
// is yielded besides. Where birth times are missing, a
// new folder is taken for a moved one; that costs time, never a file.
func (m moment) folder(path string, own, parent stamp) change.Change {
	if parent.changed.Before(m.from) || !own.born.Before(m.from) {
		return change.Change{Path: path, Scope: change.Listing, Quick: true, Since: m.owed(own.changed)}
	}
	// The earlier of the two: a later scan from anything after it would not
	// find the parent changed any more and would miss the contents.
	since := own.changed
	if parent.changed.Before(since) {
		since = parent.changed
	}
	return change.Change{Path: path, Scope: change.Tree, Quick: true, Since: m.owed(since)}
}

// meanwhile returns what is owed for a name that is no longer what it was when
// its folder was read.
func (m moment) meanwhile(path string, scope change.Scope) change.Change {
	return change.Change{Path: path, Scope: scope, Since: m.began}
}

// unsure returns what is owed for a path about which nothing could be learnt.
func (m moment) unsure(path string, scope change.Scope) change.Change {
	return change.Change{Path: path, Scope: scope, Since: m.owed(m.since)}
}

// owed keeps a stamp from the future, or made during the walk, from claiming
// that everything before it is done.
func (m moment) owed(changed time.Time) time.Time {
	if changed.After(m.began) {
		return m.began
	}
	return changed
}
