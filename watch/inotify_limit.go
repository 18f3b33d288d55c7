package watch

import (
	"fmt"
	"math/bits"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/syncsvc/syncsvc/change"
)

// refuse notes that a folder got no watch: from now on it is polled with all
// beneath it. The caller holds mu.
func (n *inotify) refuse(path string, since time.Time) {
	if n.recount {
		n.recount, n.unwatched = false, 0
	}
	n.exhausted = true
	n.unwatched++
	if n.site.polls.covers(path) {
		return
	}
	first := len(n.site.polls.folders) == 0
	n.site.polls.add(path, true, n.now)
	if n.opening {
		return // it is in Open's own Scan, and Open counts first
	}
	n.digest.tell(change.Change{Path: path, Scope: change.Tree, Since: since})
	if first {
		n.hint = n.limitHint()
		n.warnOfLimit()
	}
}

func (n *inotify) warnOfLimit() {
	n.site.log.Warn("out of watches: part of the tree is polled", "hint", n.hint)
}

// cannotRead notes a folder that could not be looked into. The caller holds mu.
func (n *inotify) cannotRead(path string, err error) {
	if _, again := n.unreadable[path]; again || len(n.unreadable) >= mostUnreadable {
		return
	}
	n.unreadable[path] = struct{}{}
	if len(n.unreadable) <= mostListed {
		n.listed = append(n.listed, path)
	}
	n.site.log.Warn("folder cannot be watched", "path", path, "err", err)
}

// mostUnreadable bounds what is remembered of them, and said.
const mostUnreadable = 1000

// watchLimit returns the limit on watches that binds us and the sysctl it is
// set with. In a user namespace there are two, and the tighter one binds.
func watchLimit() (name string, limit int) {
	name, limit = "fs.inotify.max_user_watches", sysctl("fs/inotify/max_user_watches")
	if own := sysctl("user/max_inotify_watches"); own > 0 && (own < limit || limit == 0) {
		return "user.max_inotify_watches", own
	}
	return name, limit
}

// sysctl reads a number below /proc/sys; 0 when there is none.
func sysctl(path string) int {
	data, err := os.ReadFile("/proc/sys/" + path)
	if err != nil {
		return 0
	}
	value, _ := strconv.Atoi(strings.TrimSpace(string(data)))
	return value
}

// watchLimitHint says what would make room for that many folders. Others watch
// with the same allowance, so it asks for half as much again.
func watchLimitHint(folders int) string {
	name, limit := watchLimit()
	want := folders + folders/2
	return fmt.Sprintf("%s is %d and at least %d folders need a watch; sysctl -w %s=%d",
		name, limit, folders, name, 1<<bits.Len(uint(max(want, limit))))
}

// instanceLimitHint says what would make room for one more instance.
func instanceLimitHint() string {
	const name = "fs.inotify.max_user_instances"
	limit := sysctl("fs/inotify/max_user_instances")
	return fmt.Sprintf("%s is %d and all are in use; sysctl -w %s=%d", name, limit, name, 2*max(limit, 128))
}

// retry tries for watches on folders that are polled, by walking them again,
// if there are any watches to be had.
func (n *inotify) retry(paths []string) {
	wd, err := n.watch("/proc/self/fd", 0)
	if err != nil {
		return
	}
	n.unwatch(wd)
	n.recount = true
	for _, path := range paths {
		n.walk(path, job{since: n.site.polls.folders[path].last, polled: true})
	}
}

// rearmed ends polling of a folder that, with all beneath it, is watched now.
// What happened in it since it was last told of was not heard.
func (n *inotify) rearmed(path string, since time.Time) {
	n.site.polls.drop(path)
	n.digest.tell(change.Change{Path: path, Scope: change.Scan, Since: since})
	if len(n.site.polls.folders) == 0 {
		n.site.log.Info("everything is watched, nothing is polled any more")
	}
}

// limitHint is Status.LimitHint.
func (n *inotify) limitHint() string {
	if n.unwatched == 0 || len(n.site.polls.folders) == 0 {
		return ""
	}
	return watchLimitHint(n.tab.len() + n.unwatched)
}

// watchesToTry is how many watches a tree may take before another backend is
// tried: a part of what there is, as others use the same allowance, and never
// so many that watches alone take a hundred megabytes of the kernel's memory.
func watchesToTry() int {
	_, limit := watchLimit()
	if limit == 0 {
		return mostWatches
	}
	return min(mostWatches, limit/10*8)
}

const mostWatches = 100_000
