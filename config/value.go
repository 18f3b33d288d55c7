package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// reader collects what is wrong while values are taken out of a text, and
// remembers where each was.
type reader struct {
	src      *source
	at       map[string]position // by key, as in Problem.Key
	problems []Problem
	// elsewhere says to which object a key belongs that is not known where it
	// was found, or "".
	elsewhere func(name string) string
	// loose says that a number or a truth value can be a text as well: flags
	// and variables have no quotes to tell.
	loose bool
}

// value is a node together with the key it was found under.
type value struct {
	*node
	r   *reader
	key string // "targets[1].url"
}

// schema says which keys an object may have and what reads each. The order is
// that of reading, whatever the order in the file.
type schema []key

type key struct {
	name string
	read func(value)
}

func (s schema) names() []string {
	names := make([]string, len(s))
	for i, k := range s {
		names[i] = k.name
	}
	return names
}

// fail reports a problem with the value; its place is that of the value.
func (v value) fail(hint, format string, args ...any) {
	v.r.problems = append(v.r.problems, v.r.src.problem(v.node.at, v.key, hint, fmt.Sprintf(format, args...)))
}

// is reports whether the value is of the wanted kind, and complains if not.
func (v value) is(want kind, hint string) bool {
	switch v.kind {
	case want:
		return true
	case broken:
	case null:
		v.fail(hint, "has no value")
	default:
		v.fail(hint, "is %s, not %s", v.kind, want)
	}
	return false
}

// object reads the keys of an object. One that has no value, as when all its
// keys are comments, has none of them.
func (v value) object(s schema) {
	if v.kind == null || !v.is(object, "") {
		return
	}
	for _, f := range v.fields {
		if !slices.Contains(s.names(), f.name) {
			v.unknown(f, s.names())
		}
	}
	for _, k := range s {
		f, ok := v.get(k.name)
		if !ok {
			continue
		}
		child := value{f.value, v.r, v.under(k.name)}
		v.r.at[child.key] = f.value.at
		k.read(child)
	}
}

func (v value) under(name string) string {
	if v.key == "" {
		return name
	}
	return v.key + "." + name
}

// unknown reports a key that is not in the schema, with the one that was
// perhaps meant.
func (v value) unknown(f field, known []string) {
	hint := "known are " + strings.Join(known, ", ")
	if place := v.r.elsewhere(f.name); place != "" && place != v.key {
		hint = "it belongs in " + place
	} else if near := Closest(f.name, known); near != "" {
		hint = fmt.Sprintf("did you mean %s?", near)
	}
	p := v.r.src.problem(f.at, v.key, hint, fmt.Sprintf("unknown key %q", f.name))
	v.r.problems = append(v.r.problems, p)
}

// list reads the items of a list. One that has no value is empty. Example is
// how a list with one item is written.
func (v value) list(example string, each func(value)) {
	if v.kind == text {
		example = asList(v.node.text)
	}
	if v.kind == null || !v.is(list, "write a list: "+example) {
		return
	}
	for i, item := range v.items {
		child := value{item, v.r, fmt.Sprintf("%s[%d]", v.key, i)}
		v.r.at[child.key] = item.at
		each(child)
	}
}

// asList writes a text of several words as a list.
func asList(s string) string {
	words := strings.Fields(s)
	for i, w := range words {
		words[i] = strconv.Quote(w)
	}
	return "[" + strings.Join(words, ", ") + "]"
}

// word reads a text that is not empty and has no control characters, so that
// it can be an argument or a path.
func (v value) word() (string, bool) {
	if !v.anyText() && !v.is(text, quoteHint(v.node)) {
		return "", false
	}
	switch {
	case v.node.text == "":
		v.fail("", "is empty")
		return "", false
	case strings.ContainsFunc(v.node.text, isControl):
		v.fail("", "contains a control character")
		return "", false
	}
	return v.node.text, true
}

// anyText reports whether what looks like something else may be a text.
func (v value) anyText() bool {
	return v.r.loose && (v.kind == integer || v.kind == boolean)
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

// quoteHint tells how to make a text of what YAML takes for something else.
func quoteHint(n *node) string {
	switch n.kind {
	case integer, float, boolean:
		return fmt.Sprintf("put it in quotes: %q", n.text)
	}
	return ""
}
