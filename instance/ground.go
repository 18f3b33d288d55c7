package instance

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/syncsvc/syncsvc/change"
	"github.com/syncsvc/syncsvc/filter"
	"github.com/syncsvc/syncsvc/scan"
	"github.com/syncsvc/syncsvc/watch"
)

// errNotFirm is returned while the watch root is not there, or not the one
// whose watches are armed.
var errNotFirm = errors.New("the source is not there")

// ground is the source tree as the targets see it: whether it can be believed,
// and a way to hold on to it while a job runs. It is safe for concurrent use.
type ground struct {
	root    string
	filter  *filter.Filter
	inner   inner        // file systems mounted inside the tree
	entries atomic.Int64 // in the tree at the last walk of all of it; 0 = not known
	counted atomic.Int64 // when that was, in Unix nanoseconds

	mu sync.Mutex // guards id and on
	id watch.Identity
	on bool
}

// settle says that the root is there, is id, and is watched.
func (g *ground) settle(id watch.Identity) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.id, g.on = id, true
}

// unsettle says that nothing on disk may be believed any more.
func (g *ground) unsettle() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.on = false
}

func (g *ground) firm() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.on
}

// pin opens the root and makes sure that it is the one that is watched. As
// long as the folder is open, and rsync runs in it, nothing that is mounted
// over it or renamed in its place can be taken for it: an emptied mount point
// never looks like deletions. The caller closes it.
func (g *ground) pin() (*os.File, error) {
	g.mu.Lock()
	id, on := g.id, g.on
	g.mu.Unlock()
	if !on {
		return nil, errNotFirm
	}
	fd, err := unix.Open(g.root, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open source %s: %w", g.root, err)
	}
	f := os.NewFile(uintptr(fd), g.root)
	now, err := watch.IdentifyFd(fd)
	if err == nil && now != id {
		err = fmt.Errorf("source %s is not the folder that is watched: %w", g.root, errNotFirm)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// look says what is on disk at each item; nil when the root can't be believed.
// It calls turn for each: on a slow disk all of them may take minutes.
func (g *ground) look(items []item, turn func()) []sight {
	f, err := g.pin()
	if err != nil {
		return nil
	}
	defer f.Close()
	lost, _, _ := g.inner.look(f)
	seen := make([]sight, len(items))
	for i, it := range items {
		turn()
		seen[i] = look(int(f.Fd()), it.Path)
		seen[i].unmounted = seen[i].kind == gone && near(lost, it.Path)
	}
	return seen
}

// count walks the tree to learn how many entries it has.
func (g *ground) count(ctx context.Context) error {
	n, err := g.countUnder(ctx, change.Root)
	if err != nil {
		return fmt.Errorf("count the entries of %s: %w", g.root, err)
	}
	g.found(n)
	return nil
}

// found says that a walk of all of the tree has just come to so many entries.
func (g *ground) found(entries int64) {
	g.entries.Store(entries)
	g.counted.Store(time.Now().UnixNano())
}

// countedLately reports whether a count is too young to be made again.
func (g *ground) countedLately() bool {
	return time.Since(time.Unix(0, g.counted.Load())) < lately
}

// countUnder walks a part of the tree to learn how many entries it has.
func (g *ground) countUnder(ctx context.Context, under string) (int64, error) {
	root, err := g.pin()
	if err != nil {
		return 0, err
	}
	defer root.Close()
	stats, err := scan.Walk(ctx, scan.Options{
		Root: procPath(int(root.Fd()), ""), Under: under, Excluded: g.filter.ExcludedName,
	}, func([]change.Change) error { return nil })
	return stats.Entries, err
}

// sum is how many entries a job that walks has to look at; 0 when that is not
// known.
func (g *ground) sum(ctx context.Context, j *job) (n int64) {
	for _, it := range j.items {
		if known := g.entries.Load(); it.Path == change.Root && known > 0 {
			n += known
			continue
		}
		more, err := g.countUnder(ctx, it.Path)
		if err != nil {
			return 0
		}
		n += more
	}
	return n
}
