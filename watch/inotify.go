package watch

import (
	"fmt"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// What a watch asks for. Without the first group the table would not stay
// right; the second is left out when nobody wants to hear of it, which halves
// the events of writers that write in small pieces. IN_EXCL_UNLINK is not set:
// it silences files that were linked after being opened nameless.
const (
	maskNeeded = unix.IN_CREATE | unix.IN_DELETE | unix.IN_MOVED_FROM | unix.IN_MOVED_TO |
		unix.IN_DELETE_SELF | unix.IN_MOVE_SELF | unix.IN_ONLYDIR
	maskAll = maskNeeded | unix.IN_MODIFY | unix.IN_ATTRIB | unix.IN_CLOSE_WRITE
)

// inotifyBuffer is what one read may bring: some 8,000 events.
const inotifyBuffer = 256 << 10

// inotify watches every folder of the tree.
//
// The table is what it believes; the kernel is what is so. Whenever a folder
// may have moved it asks the kernel, by adding the watch again, which of the
// folders it knows is at that path now, and follows the answer rather than the
// order of the events.
type inotify struct {
	site   *site
	digest *digest
	file   int
	mask   uint32
	names  lister
	buf    []byte

	events    int64
	overflows int64
	doubt     bool   // something happened to a mount or the root since Run asked
	part      Reason // what it would be
	dead      bool   // the root's watch is gone

	pairs  pairing
	limbo  []stray
	jobs   map[*job]struct{}
	ahead  map[int32]*job // walks of folders that came to a name and that nobody has begun
	quick  []task         // new folders, told of entry by entry
	slow   []task         // walks
	later  []task         // folders that were not at their path
	rewalk *job           // the one that follows an overflow; nil when none runs

	mu         sync.Mutex // guards what follows while Open's workers run
	tab        *table
	last       lastPath
	now        time.Time
	opening    bool
	exhausted  bool // a folder got no watch
	recount    bool // unwatched is of the try before
	unwatched  int  // folders that got no watch, as far as they were counted
	unreadable map[string]struct{}
	listed     []string // some of them
	hint       string   // Status.LimitHint
}

// lastPath is the path that was put together last: events come in runs for the
// same folder.
type lastPath struct {
	turns uint64 // of the table
	wd    int32
	path  string
	ok    bool
}

// stray is a folder that left one place and was not seen at another yet.
type stray struct {
	wd int32
	at time.Time
}

// newInotify makes an instance that watches only the root so far.
func newInotify(s *site, d *digest, on Events) (*inotify, error) {
	file, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		return nil, fmt.Errorf("inotify_init: %w", err)
	}
	n := &inotify{
		site: s, digest: d, file: file, mask: maskFor(on),
		buf: make([]byte, inotifyBuffer), jobs: map[*job]struct{}{}, ahead: map[int32]*job{},
		unreadable: map[string]struct{}{}, now: time.Now(), part: Removed,
	}
	wd, err := n.watch(s.real, unix.IN_DONT_FOLLOW)
	if err != nil {
		unix.Close(file)
		return nil, fmt.Errorf("inotify_add_watch: %w", err)
	}
	n.tab = newTable(wd)
	return n, nil
}

func maskFor(on Events) uint32 {
	mask := uint32(maskAll)
	if !on.Modify {
		mask &^= unix.IN_MODIFY
	}
	if !on.Attrib {
		mask &^= unix.IN_ATTRIB
	}
	if !on.CloseWrite {
		mask &^= unix.IN_CLOSE_WRITE
	}
	return mask
}

func (n *inotify) watch(path string, flags uint32) (int32, error) {
	wd, err := unix.InotifyAddWatch(n.file, path, n.mask|flags)
	return int32(wd), err
}

// watchIn watches a folder in an open one; the path is short however deep.
func (n *inotify) watchIn(fd int, name []byte) (int32, error) {
	return n.watch("/proc/self/fd/"+strconv.Itoa(fd)+"/"+string(name), unix.IN_DONT_FOLLOW)
}

// unwatch gives a watch back. That it is gone already is fine.
func (n *inotify) unwatch(wd int32) { _, _ = unix.InotifyRmWatch(n.file, uint32(wd)) }

func (n *inotify) backend() Backend { return Inotify }

func (n *inotify) fd() int { return n.file }

func (n *inotify) close() error {
	n.tab.close()
	return unix.Close(n.file)
}

func (n *inotify) doubtful() bool {
	doubt := n.doubt
	n.doubt = false
	return doubt
}

func (n *inotify) parting() (Reason, bool) { return n.part, n.dead }

// next is when there is something to do without an event.
func (n *inotify) next() time.Time {
	if len(n.quick)+len(n.slow) > 0 {
		return n.now
	}
	soonest := n.pairs.next()
	for _, s := range n.limbo {
		soonest = earlier(soonest, s.at.Add(renameHold))
	}
	for _, t := range n.later {
		soonest = earlier(soonest, t.at)
	}
	return soonest
}

func (n *inotify) oldest() time.Time {
	first := n.pairs.oldest()
	for j := range n.jobs {
		first = earlier(first, j.since)
	}
	return first
}

func (n *inotify) report(s *Status) {
	n.mu.Lock()
	defer n.mu.Unlock()
	s.Folders, s.Events, s.Overflows = n.tab.len(), n.events, n.overflows
	s.Unreadable, s.UnreadableCount = n.listed, len(n.unreadable)
	s.LimitHint = n.hint
}

// path returns the path of the folder a watch is for; false when the watch is
// not known or its folder is on the move.
func (n *inotify) path(wd int32) (string, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if l := &n.last; l.wd != wd || l.turns != n.tab.turns {
		*l = lastPath{turns: n.tab.turns, wd: wd}
		if id := n.tab.watched(wd); id != 0 {
			l.path, l.ok = n.tab.path(id)
		}
	}
	return n.last.path, n.last.ok
}
