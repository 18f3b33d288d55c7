package instance

import (
	"context"
	"errors"
	"net/http"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/syncsvc/syncsvc/change"
	"github.com/syncsvc/syncsvc/config"
	"github.com/syncsvc/syncsvc/control"
	"github.com/syncsvc/syncsvc/scan"
)

// hooksAlone stands for the hooks of a module without targets, where a target's
// URL stands otherwise.
const hooksAlone = "hooks"

// wanted are the targets of a module: one that stands for the hooks when there
// are no others.
func wanted(m *config.Module) []config.Target {
	if len(m.Targets) > 0 {
		return m.Targets
	}
	return []config.Target{{URL: hooksAlone, Kind: config.Local, Delete: true, MaxDelete: config.Limit{Off: true}}}
}

// errNoTargets is the answer to what only makes sense with targets.
func errNoTargets() error {
	return &control.Failed{Status: http.StatusConflict, Err: errors.New("the module has hooks and no targets: there is nothing to compare with")}
}

// isAlone reports whether t stands for the hooks of a module without targets.
func (t *target) isAlone() bool { return t.name == hooksAlone }

// courierAlone has every job arrive at once: what changes here is all that the
// hooks want to know. It finds out what is in folders that came as a whole.
type courierAlone struct {
	in *instance
}

func (c *courierAlone) probe(context.Context) error { return nil }
func (c *courierAlone) awayHint() string            { return "" }
func (c *courierAlone) contested() bool             { return false }

func (c *courierAlone) carry(ctx context.Context, j *job, m *meter) outcome {
	m.begin(time.Now())
	if j.whole() {
		return outcome{verdict: answered} // nothing is compared with what is here
	}
	root, err := c.in.ground.pin()
	if err != nil {
		return outcome{verdict: undone, reason: err.Error()}
	}
	defer root.Close()
	for _, it := range j.items {
		if it.seen.kind != folder || j.shape == rename {
			continue
		}
		if err := c.describe(ctx, root, it, m); err != nil {
			return outcome{verdict: undone, reason: err.Error()}
		}
	}
	return outcome{verdict: answered}
}

// describe notes a folder and, when all of it came at once, what is in it; of a
// listing, what changed.
func (c *courierAlone) describe(ctx context.Context, root *os.File, it item, m *meter) error {
	if it.Scope == change.Tree || madeSince(root, it.Path, it.Since) {
		m.heard.add(it.Path, true, 0)
	}
	since := time.Unix(1, 0)
	switch it.Scope {
	case change.Entry:
		return nil
	case change.Listing:
		since = it.Since
	}
	_, err := scan.Walk(ctx, scan.Options{
		Root: procPath(int(root.Fd()), ""), Under: it.Path, Since: since, Excluded: c.in.ground.filter.ExcludedName,
	}, func(found []change.Change) error {
		for _, f := range found {
			st, err := statBeneath(int(root.Fd()), f.Path)
			if err != nil || f.Path == it.Path {
				continue // gone again, or noted
			}
			m.heard.add(f.Path, st.Mode&unix.S_IFMT == unix.S_IFDIR, st.Size)
		}
		return ctx.Err()
	})
	return err
}

// clockMargin is how coarse the times of a file system are taken to be.
const clockMargin = 2 * time.Second

// madeSince reports whether a folder is that young. That its time changed says
// only that something in it did. Of a file system that does not know when
// folders were made, all count as young.
func madeSince(root *os.File, path string, since time.Time) bool {
	var st unix.Statx_t
	err := unix.Statx(int(root.Fd()), path, unix.AT_SYMLINK_NOFOLLOW, unix.STATX_BTIME, &st)
	if err != nil || st.Mask&unix.STATX_BTIME == 0 {
		return err == nil
	}
	return time.Unix(st.Btime.Sec, int64(st.Btime.Nsec)).After(since.Add(-clockMargin))
}
