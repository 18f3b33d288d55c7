package change

import (
	"iter"
	"strings"
	"time"
)

// Set holds owed changes, at most one for each path and scope, and beside it
// one that is a rename. What a wider change covers is not kept. Its memory is bounded: over the limit
// its entries and listings collapse into one [Scan] of the deepest folder that
// holds them all.
//
// The zero value is not usable; see [NewSet]. A Set is not safe for concurrent
// use.
type Set struct {
	root  node
	limit int
	len   int
	first *item // oldest addition; a doubly linked list in order of arrival
	last  *item
}

// A node is one name of the trie.
type node struct {
	parent *node
	name   string
	kids   map[string]*node
	items  *item // linked by item.beside
}

type item struct {
	Change
	at         *node
	beside     *item
	prev, next *item
}

// NewSet returns an empty set that collapses when it holds more than limit
// changes; a limit of zero or less means never.
func NewSet(limit int) *Set {
	return &Set{limit: limit}
}

// Len returns the number of changes held.
func (s *Set) Len() int { return s.len }

// Add makes c owed. It merges with what is already there, is dropped when
// something wider covers it, and drops what it covers; the earliest Since
// always survives.
func (s *Set) Add(c Change) {
	if w := s.covering(c); w != nil {
		w.Since = earliest(w.Since, c.Since)
		w.Swept = w.Swept || c.Swept
		w.Spare = w.Spare && c.Spare
		return
	}
	n := s.dig(c.Path)
	if it := n.find(c); it != nil {
		it.Change = Merge(it.Change, c)
		s.swallow(it)
		return
	}
	s.swallow(s.append(n, c))
	if s.limit > 0 && s.len > s.limit {
		s.collapse()
	}
}

// AddAll adds every change of other, which stays as it is.
func (s *Set) AddAll(other *Set) {
	for c := range other.All() {
		s.Add(c)
	}
}

// All yields the changes in order of their arrival.
func (s *Set) All() iter.Seq[Change] {
	return func(yield func(Change) bool) {
		for it := s.first; it != nil; it = it.next {
			if !yield(it.Change) {
				return
			}
		}
	}
}

// Oldest returns the earliest Since held; the zero time when there is none.
func (s *Set) Oldest() time.Time {
	var t time.Time
	for it := s.first; it != nil; it = it.next {
		t = earliest(t, it.Since)
	}
	return t
}

// Take removes and returns changes for which take says yes, in order of their
// arrival, at most limit of them.
func (s *Set) Take(limit int, take func(Change) bool) []Change {
	var out []Change
	for it := s.first; it != nil && len(out) < limit; {
		next := it.next
		if take(it.Change) {
			out = append(out, it.Change)
			s.remove(it)
		}
		it = next
	}
	return out
}

// Remove removes every change at exactly this path.
func (s *Set) Remove(path string) {
	n := s.walkTo(path)
	if n == nil {
		return
	}
	for it := n.items; it != nil; it = n.items {
		s.remove(it)
	}
}

// Under yields the changes at dir and beneath it, in no particular order. The
// set must not be changed meanwhile.
func (s *Set) Under(dir string) iter.Seq[Change] {
	return func(yield func(Change) bool) {
		if n := s.walkTo(dir); n != nil {
			n.each(func(it *item) bool { return yield(it.Change) })
		}
	}
}

// Covers reports whether answering what is held answers c too.
func (s *Set) Covers(c Change) bool {
	if s.covering(c) != nil {
		return true
	}
	n := s.walkTo(c.Path)
	return n != nil && n.find(c) != nil
}

// Above yields the changes at the folders that contain path, from the top. The
// set must not be changed meanwhile.
func (s *Set) Above(path string) iter.Seq[Change] {
	return func(yield func(Change) bool) {
		n := &s.root
		for name := range names(path) {
			for it := n.items; it != nil; it = it.beside {
				if !yield(it.Change) {
					return
				}
			}
			if n = n.kids[name]; n == nil {
				return
			}
		}
	}
}

// Holds reports whether the set has a change at exactly this path.
func (s *Set) Holds(path string) bool {
	n := s.walkTo(path)
	return n != nil && n.items != nil
}

// HoldsAbove reports whether a change lies at a folder that contains path.
func (s *Set) HoldsAbove(path string) bool {
	n := &s.root
	for name := range names(path) {
		if n.items != nil {
			return true
		}
		if n = n.kids[name]; n == nil {
			return false
		}
	}
	return false
}

// HoldsBelow reports whether a change lies beneath path.
func (s *Set) HoldsBelow(path string) bool {
	n := s.walkTo(path)
	return n != nil && len(n.kids) > 0
}

// collapse replaces entries and listings by one scan of the deepest folder
// that holds them all, since the oldest of them. When trees alone are too
// many, they become one tree.
func (s *Set) collapse() {
	top := s.deepest()
	scan := Change{Path: top.path(), Scope: Scan}
	for it := s.first; it != nil; it = it.next {
		if it.Scope != Tree {
			scan.Since = earliest(scan.Since, it.Since)
			s.remove(it)
		}
	}
	if s.len > s.limit/2 {
		s.collapseTrees(top.path())
	}
	s.append(s.dig(scan.Path), scan)
}

func (s *Set) collapseTrees(dir string) {
	all := Change{Path: dir, Scope: Tree, Quick: true, Spare: true}
	for it := s.first; it != nil; it = it.next {
		all.Since = earliest(all.Since, it.Since)
		all.Quick = all.Quick && it.Quick
		all.Swept = all.Swept || it.Swept
		all.Spare = all.Spare && it.Spare
		s.remove(it)
	}
	s.append(s.dig(dir), all)
}

// deepest returns the node of the folder that contains every change. A lone
// entry's folder, not the entry, is meant.
func (s *Set) deepest() *node {
	n := &s.root
	for n.items == nil && len(n.kids) == 1 {
		for _, kid := range n.kids {
			n = kid
		}
	}
	if len(n.kids) == 0 && n.parent != nil {
		n = n.parent
	}
	return n
}

// covering returns the item that answers for c, nil when none does.
func (s *Set) covering(c Change) *item {
	n := &s.root
	if w := n.covering(c); w != nil {
		return w
	}
	for name := range names(c.Path) {
		if n = n.kids[name]; n == nil {
			return nil
		}
		if w := n.covering(c); w != nil {
			return w
		}
	}
	return nil
}

func (n *node) covering(c Change) *item {
	for it := n.items; it != nil; it = it.beside {
		if Covers(it.Change, c) && !(it.Path == c.Path && it.Scope == c.Scope) {
			return it
		}
	}
	return nil
}

// swallow removes what w covers.
func (s *Set) swallow(w *item) {
	if w.Scope != Tree && w.Scope != Listing {
		return
	}
	var gone []*item
	w.at.each(func(it *item) bool {
		if it != w && Covers(w.Change, it.Change) {
			gone = append(gone, it)
		}
		return true
	})
	for _, it := range gone {
		w.Since = earliest(w.Since, it.Since)
		w.Swept = w.Swept || it.Swept
		w.Spare = w.Spare && it.Spare
		s.remove(it)
	}
}

// each visits the items at n and beneath until visit says no.
func (n *node) each(visit func(*item) bool) bool {
	for it := n.items; it != nil; it = it.beside {
		if !visit(it) {
			return false
		}
	}
	for _, kid := range n.kids {
		if !kid.each(visit) {
			return false
		}
	}
	return true
}

// find returns the item that c merges with.
func (n *node) find(c Change) *item {
	for it := n.items; it != nil; it = it.beside {
		if it.Scope == c.Scope && (it.Was == "") == (c.Was == "") {
			return it
		}
	}
	return nil
}

func (s *Set) append(n *node, c Change) *item {
	it := &item{Change: c, at: n, beside: n.items, prev: s.last}
	n.items = it
	if s.last == nil {
		s.first = it
	} else {
		s.last.next = it
	}
	s.last = it
	s.len++
	return it
}

// remove unlinks it but leaves it.next readable, so that a walk along the list
// may remove as it goes.
func (s *Set) remove(it *item) {
	at := &it.at.items
	for *at != it {
		at = &(*at).beside
	}
	*at = it.beside
	if it.prev == nil {
		s.first = it.next
	} else {
		it.prev.next = it.next
	}
	if it.next == nil {
		s.last = it.prev
	} else {
		it.next.prev = it.prev
	}
	s.len--
	it.at.prune()
}

// prune forgets names that nothing hangs on any more.
func (n *node) prune() {
	for n.parent != nil && n.items == nil && len(n.kids) == 0 {
		delete(n.parent.kids, n.name)
		n = n.parent
	}
}

// dig returns the node of path, made when it is not there.
func (s *Set) dig(path string) *node {
	n := &s.root
	for name := range names(path) {
		kid := n.kids[name]
		if kid == nil {
			kid = &node{parent: n, name: name}
			if n.kids == nil {
				n.kids = make(map[string]*node)
			}
			n.kids[name] = kid
		}
		n = kid
	}
	return n
}

// walkTo returns the node of path, nil when it is not there.
func (s *Set) walkTo(path string) *node {
	n := &s.root
	for name := range names(path) {
		if n = n.kids[name]; n == nil {
			return nil
		}
	}
	return n
}

func (n *node) path() string {
	if n.parent == nil {
		return Root
	}
	return Join(n.parent.path(), n.name)
}

// names yields the names of a path from the top; none for Root.
func names(path string) iter.Seq[string] {
	if path == Root {
		return func(func(string) bool) {}
	}
	return strings.SplitSeq(path, "/")
}
