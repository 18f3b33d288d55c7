package instance

import (
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/syncsvc/syncsvc/change"
	"github.com/syncsvc/syncsvc/checkpoint"
	"github.com/syncsvc/syncsvc/filter"
)

// stateMounts is the name under which the places of inner are kept.
const stateMounts = "mounts"

// inner knows where file systems are mounted inside the tree. At a place where
// none is any more, what is missing was unmounted, not deleted: nothing is
// deleted there on any target until something is mounted again or a person
// says that it is gone for good. It is safe for concurrent use.
type inner struct {
	mu      sync.Mutex
	places  map[string]bool // by path in the tree; true: nothing is mounted there now
	changed bool            // since it was last saved
}

// found adds places where something is, or was, mounted.
func (n *inner) found(paths ...string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, p := range paths {
		if _, known := n.places[p]; p == change.Root || known {
			continue
		}
		if n.places == nil {
			n.places = make(map[string]bool)
		}
		n.places[p], n.changed = false, true
	}
}

// look asks the kernel about every place beneath the pinned root. It returns
// all where nothing is mounted, those among them that are news, and those where
// something is mounted again.
func (n *inner) look(root *os.File) (lost, left, back []string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for p, was := range n.places {
		is := !isMount(int(root.Fd()), p)
		switch {
		case is && !was:
			left = append(left, p)
		case was && !is:
			back = append(back, p)
		}
		if is {
			lost = append(lost, p)
		}
	}
	slices.Sort(lost)
	return lost, left, back
}

// note records what look returned and somebody has acted on.
func (n *inner) note(left, back []string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, p := range left {
		n.places[p] = true
	}
	for _, p := range back {
		n.places[p] = false
	}
}

// lost are the places where nothing is mounted any more, as last noted.
func (n *inner) lost() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	var out []string
	for p, gone := range n.places {
		if gone {
			out = append(out, p)
		}
	}
	slices.Sort(out)
	return out
}

// forget makes ordinary folders of the places where nothing is mounted, and
// returns them.
func (n *inner) forget() []string {
	out := n.lost()
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, p := range out {
		delete(n.places, p)
		n.changed = true
	}
	return out
}

// keptMounts is how the places are kept on disk; paths are bytes.
type keptMounts struct {
	Places [][]byte `json:"places"`
}

func (n *inner) remember(store *checkpoint.Store) error {
	var kept keptMounts
	err := store.LoadState(stateMounts, &kept)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, p := range kept.Places {
		n.found(string(p))
	}
	return err
}

func (n *inner) save(store *checkpoint.Store) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.changed {
		return nil
	}
	var kept keptMounts
	for p := range n.places {
		kept.Places = append(kept.Places, []byte(p))
	}
	err := store.SaveState(stateMounts, kept)
	n.changed = err != nil
	return err
}

// isMount reports whether something is mounted at path beneath an open folder.
func isMount(root int, path string) bool {
	var st unix.Statx_t
	for {
		err := unix.Statx(root, path, unix.AT_SYMLINK_NOFOLLOW|unix.AT_NO_AUTOMOUNT, unix.STATX_TYPE, &st)
		if err != unix.EINTR {
			return err == nil && st.Attributes&unix.STATX_ATTR_MOUNT_ROOT != 0
		}
	}
}

// near reports whether path lies at, beneath or above one of the places.
func near(places []string, path string) bool {
	return slices.ContainsFunc(places, func(p string) bool { return change.Within(path, p) || change.Within(p, path) })
}

// protect are rules that keep a delete pass away from the places.
func protect(places []string) []string {
	var out []string
	for _, p := range places {
		out = append(out, "--filter=P "+wild(filter.Literal(p, false))+"/***")
	}
	return out
}

// wild is a literal pattern as it must be written before something with
// wildcards: from there on, backslashes escape.
func wild(lit string) string {
	if strings.ContainsAny(lit, `*?[`) {
		return lit
	}
	return strings.ReplaceAll(lit, `\`, `\\`)
}
