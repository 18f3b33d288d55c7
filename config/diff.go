package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/syncsvc/syncsvc/filter"
)

// Effect is what it takes to come from one version of a module to another. A
// greater one includes the smaller ones.
type Effect uint8

const (
	// Untouched: both mean the same.
	Untouched Effect = iota
	// InPlace: the process takes the change over and goes on.
	InPlace
	// Retarget: the process goes on; targets come or go.
	Retarget
	// Restart: a new process is needed.
	Restart
)

// String returns the effect in lower case.
func (e Effect) String() string {
	return [...]string{"untouched", "in place", "retarget", "restart"}[e]
}

// Change is one key that says something else than before, as text for people:
// "" is what is not there. Secrets are never part of a module.
type Change struct {
	Key      string // "threads", or "rsync.bwlimit (rsync://host/www)" when not all targets are concerned
	Old, New string
}

// Difference is how one version of a module differs from another.
type Difference struct {
	Effect  Effect
	Changes []Change
	// Added and Removed are URLs of targets.
	Added, Removed []string
	// FilterChanged says that other paths are mirrored than before.
	FilterChanged bool
	// FullSync are the URLs of targets that have to be compared as a whole:
	// those that are new here, and those that should hold something else.
	FullSync []string
}

// Compare says how now differs from old, which is a version of the same
// module. The order of targets is a difference too, as it is to Fingerprint.
func Compare(old, now *Module) Difference {
	var d Difference
	for _, k := range moduleDiffs() {
		d.note(k.name, k.effect, k.text(old), k.text(now))
	}
	d.compareRules(old, now)
	d.compareTargets(old, now)
	d.compareHooks(old, now)
	if now.FullSync == FullNever {
		d.FullSync = nil
	}
	return d
}

// note adds a change when there is one.
func (d *Difference) note(key string, effect Effect, old, now string) {
	if old == now {
		return
	}
	d.Changes = append(d.Changes, Change{key, old, now})
	d.Effect = max(d.Effect, effect)
}

// compareRules names the rules that came and went.
func (d *Difference) compareRules(old, now *Module) {
	if old.Filter.Fingerprint() == now.Filter.Fingerprint() {
		return
	}
	d.FilterChanged = true
	was, is := ruleTexts(old), ruleTexts(now)
	gone, come := without(was, is), without(is, was)
	if len(gone)+len(come) == 0 { // their order, or a file that is merged
		gone, come = was, is
	}
	d.Changes = append(d.Changes, Change{"filter", strings.Join(gone, ", "), strings.Join(come, ", ")})
	d.Effect = Restart
}

func ruleTexts(m *Module) []string {
	var list []string
	for _, r := range m.Rules {
		list = append(list, ruleText(r))
	}
	for _, r := range m.Regexes {
		list = append(list, "exclude_regex "+strconv.Quote(r.Text))
	}
	return list
}

func ruleText(r filter.Rule) string { return r.Kind.String() + " " + strconv.Quote(r.Text) }

// without returns what is in list and not in other.
func without(list, other []string) []string {
	var left []string
	for _, s := range list {
		if !slices.Contains(other, s) {
			left = append(left, s)
		}
	}
	return left
}

func (d *Difference) compareTargets(old, now *Module) {
	was, is := urlsOf(old), urlsOf(now)
	d.Added, d.Removed = without(is, was), without(was, is)
	if len(d.Added)+len(d.Removed) > 0 || !slices.Equal(was, is) {
		effect := Retarget
		if len(was) == 0 || len(is) == 0 { // from hooks alone to targets, or back
			effect = Restart
		}
		d.note("targets", effect, strings.Join(was, " "), strings.Join(is, " "))
	}
	for _, k := range targetDiffs() {
		d.compareKey(k, old, now)
	}
	for i := range now.Targets {
		t := &now.Targets[i]
		if before := old.target(t.URL); before == nil || old.ContentFingerprint(before) != now.ContentFingerprint(t) {
			d.FullSync = append(d.FullSync, t.URL)
		}
	}
}

// compareKey compares one key of all targets that stay. What is the same for
// all is told once.
func (d *Difference) compareKey(k diffKey[*Target], old, now *Module) {
	var changes []Change
	stay := 0
	for i := range now.Targets {
		t := &now.Targets[i]
		before := old.target(t.URL)
		if before == nil {
			continue
		}
		stay++
		if was, is := k.text(before), k.text(t); was != is {
			changes = append(changes, Change{fmt.Sprintf("%s (%s)", k.name, t.URL), was, is})
		}
	}
	if len(changes) == 0 {
		return
	}
	d.Effect = max(d.Effect, k.effect)
	alike := func(c Change) bool { return c.Old == changes[0].Old && c.New == changes[0].New }
	if len(changes) == stay && !slices.ContainsFunc(changes, func(c Change) bool { return !alike(c) }) {
		changes = []Change{{k.name, changes[0].Old, changes[0].New}}
	}
	d.Changes = append(d.Changes, changes...)
}

func urlsOf(m *Module) []string {
	var list []string
	for _, t := range m.Targets {
		list = append(list, t.URL)
	}
	return list
}

// target returns the target of that URL, nil when there is none.
func (m *Module) target(url string) *Target {
	for i := range m.Targets {
		if m.Targets[i].URL == url {
			return &m.Targets[i]
		}
	}
	return nil
}
