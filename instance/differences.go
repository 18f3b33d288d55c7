package instance

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/syncsvc/syncsvc/change"
	"github.com/syncsvc/syncsvc/control"
)

// judge marks what is on its way anyway, and leaves out what has got there
// since: the tree lives on while it is compared.
func (v *verification) judge(ctx context.Context, targets []*target) {
	if len(v.answer.Differences) > 0 {
		v.in.awaitSeen(ctx, time.Now())
	}
	byName := make(map[string]*target)
	for _, t := range targets {
		byName[t.name] = t
		v.answer.More += v.beyond[t]
	}
	left := v.answer.Differences[:0]
	for _, d := range v.answer.Differences {
		if byName[d.Target].explain(&d, v.in.goneFrom(string(d.Path)), v.started) {
			left = append(left, d)
		}
	}
	v.answer.Differences = left
}

// awaitSeen waits, not for long, until every change up to moment is owed.
func (in *instance) awaitSeen(ctx context.Context, moment time.Time) {
	for until := time.Now().Add(seenPatience); !in.source.horizon().After(moment) && time.Now().Before(until); {
		if !sleep(ctx, waitStep) {
			return
		}
	}
}

// goneFrom returns path and those folders above it that are gone with it.
func (in *instance) goneFrom(path string) []string {
	list := []string{path}
	for p := path; p != change.Root; p = change.Parent(p) {
		if kind, _ := in.kindOf(p); kind != "" {
			break
		}
		list = append(list, p)
	}
	return list
}

// explain completes a difference. It reports false when one of names, the path
// or what it is gone with, arrived after since.
func (t *target) explain(d *control.Difference, names []string, since time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	path := string(d.Path)
	if whole := unfinished(path); d.What == "extra" && whole != "" {
		if owed, _ := t.ledger.about(whole); owed || t.recent.when(whole).After(since) {
			return false // what rsync is just writing
		}
	}
	if slices.ContainsFunc(names, func(p string) bool { return t.recent.when(p).After(since) }) {
		return false
	}
	d.Owed, _ = t.ledger.about(path)
	switch f := t.ledger.failing.paths[path]; {
	case f != nil:
		d.What += "; it fails: " + f.reason
	case t.ledger.held.holds(path) || d.What == "extra" && t.ledger.held.touches(path):
		d.What += "; its deletion waits for approval"
	}
	return true
}

// unfinished returns the path that a name would be the temporary one of, as rsync
// makes it: .name.XXXXXX; "" when it is none.
func unfinished(path string) string {
	dir, name := change.Parent(path), path[strings.LastIndexByte(path, '/')+1:]
	const dot, random = 1, 1 + 6
	if len(name) <= dot+random || name[0] != '.' || name[len(name)-random] != '.' {
		return ""
	}
	return change.Join(dir, name[dot:len(name)-random])
}

// repair makes owed what differs and is not on its way. Deletions count as found
// by walking, so that max_delete holds for them.
func (v *verification) repair(targets []*target) {
	for _, t := range targets {
		var owed []change.Change
		for i, d := range v.answer.Differences {
			if d.Target != t.name || d.Owed {
				continue
			}
			owed = append(owed, change.Change{Path: string(d.Path), Since: time.Now(), Swept: true})
			v.answer.Differences[i].Owed = true
		}
		v.answer.Repairing += int64(len(owed))
		if n := v.beyond[t]; n > 0 {
			c := compareAll(v.under)
			c.Quick = !v.req.Checksum // else it would not find what only the checksum showed
			owed = append(owed, c)
			v.answer.Repairing += n
		}
		if len(owed) > 0 {
			t.offer(owed)
		}
	}
}
