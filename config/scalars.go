package config

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

func (v value) readBool(to *bool) {
	if v.is(boolean, "write true or false, without quotes") {
		*to = v.node.text == "true"
	}
}

func (v value) readInt(to *int, lo, hi int) {
	n, err := strconv.Atoi(v.node.text)
	hint := ""
	if err == nil {
		hint = "leave out the quotes"
	}
	// The YAML parser takes numbers of more than 64 bits for texts.
	if !errors.Is(err, strconv.ErrRange) && !v.is(integer, hint) {
		return
	}
	if err != nil || n < lo || n > hi {
		v.fail("", "%s is out of range %d..%d", v.node.text, lo, hi)
		return
	}
	*to = n
}

// readChoice reads one of a few words.
func (v value) readChoice(to *string, choices ...string) {
	s, ok := v.word()
	if !ok {
		return
	}
	if !slices.Contains(choices, s) {
		hint := ""
		if near := Closest(s, choices); near != "" {
			hint = fmt.Sprintf("did you mean %s?", near)
		}
		v.fail(hint, "%q is none of %s", s, strings.Join(choices, ", "))
		return
	}
	*to = s
}

// scalar returns what was written for a text or a number.
func (v value) scalar() (string, bool) {
	if v.kind == integer || v.kind == float {
		return v.node.text, true
	}
	return v.word()
}

// readDuration reads a time between lo and hi; a whole number is seconds.
func (v value) readDuration(to *time.Duration, lo, hi time.Duration) {
	s, ok := v.scalar()
	if !ok {
		return
	}
	d, err := parseDuration(s)
	switch {
	case err != nil:
		v.fail(hintDuration, "%q is not a time", s)
	case d < lo || d > hi:
		v.fail("", "%s is out of range %s..%s", s, formatDuration(lo), formatDuration(hi))
	default:
		*to = d
	}
}

// readSize reads a number of bytes, 0 or between lo and hi.
func (v value) readSize(to *int64, lo, hi int64) {
	s, ok := v.scalar()
	if !ok {
		return
	}
	n, err := parseSize(s)
	switch {
	case err != nil:
		v.fail(hintSize, "%q is not a size", s)
	case n != 0 && (n < lo || n > hi):
		v.fail("", "%s is out of range %s..%s, and 0 for none", s, formatSize(lo), formatSize(hi))
	default:
		*to = n
	}
}

// readPath reads an absolute path, in its shortest form.
func (v value) readPath(to *string) {
	s, ok := v.word()
	if !ok {
		return
	}
	if !strings.HasPrefix(s, "/") {
		v.fail("paths begin with /, because the service does not run in a folder of yours", "%q is not an absolute path", s)
		return
	}
	if !v.refuse(noDots(s)) {
		*to = path.Clean(s)
	}
}

// readProgram reads the name of a program, or the absolute path of one.
func (v value) readProgram(to *string) {
	s, ok := v.word()
	switch {
	case !ok:
	case strings.HasPrefix(s, "-"):
		v.fail("options go in rsync.args", "%q is not a program", s)
	case strings.HasPrefix(s, "/"):
		*to = s
	case strings.Contains(s, " "):
		v.fail("options go in rsync.args; no shell reads this", "%q is not a program", s)
	case strings.Contains(s, "/"):
		v.fail("write the absolute path, or a name to look up in PATH", "%q is relative", s)
	default:
		*to = s
	}
}

// readSeconds reads a time in whole seconds, all that rsync understands.
func (v value) readSeconds(to *time.Duration, lo, hi time.Duration) {
	d := lo
	v.readDuration(&d, lo, hi)
	if d%time.Second != 0 {
		v.fail("rsync knows only whole seconds", "%s is not a number of whole seconds", v.node.text)
		return
	}
	*to = d
}

// readPartialDir reads one name; "off" makes it empty.
func (v value) readPartialDir(to *string) {
	s, ok := v.word()
	switch {
	case !ok:
	case s == "off":
		*to = ""
	case strings.Contains(s, "/"), s == ".", s == "..", strings.HasPrefix(s, "-"):
		v.fail("one name, as in .rsync-partial: each folder has its own; or off", "%q is not the name of a folder", s)
	default:
		*to = s
	}
}

// readLimit reads a number of deletions: a count, a percentage, or off.
func (v value) readLimit(to *Limit) {
	const hint = "write a number of entries (1000), a part of the tree (50%), or off"
	if v.kind == integer {
		count := 0
		v.readInt(&count, 0, maxDeleteCount)
		*to = Limit{Count: count, Set: true}
		return
	}
	s, ok := v.word()
	if !ok {
		return
	}
	number, percent := strings.CutSuffix(s, "%")
	f, err := strconv.ParseFloat(number, 64)
	switch {
	case s == "off":
		*to = Limit{Off: true, Set: true}
	case !percent || err != nil:
		v.fail(hint, "%q is not a limit", s)
	case !(f > 0 && f <= 100): // not a number compares false
		v.fail("write 0 to hold each deletion", "%s is out of range, above 0%% and up to 100%%", s)
	default:
		*to = Limit{Percent: f, Set: true}
	}
}
