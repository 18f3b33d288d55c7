package sersync

import (
	"errors"
	"fmt"
	"path"
	"regexp/syntax"
	"strconv"
	"strings"
)

// inotify turns the toggles into events. The one for deletions is the switch
// for --delete, too.
func (c *converter) inotify() []Field {
	var list []Field
	var at Pos
	for _, t := range toggles {
		w := c.s.events[t.name]
		list = append(list, boolean(t.key, w, w.is()))
		setting := fmt.Sprintf("inotify %s start=%q", t.name, w.text)
		became := fmt.Sprintf("events.%s: %t", t.key, w.is())
		if at.Line == 0 {
			at = w.at
		}
		switch {
		case t.name == "attrib" && w.is():
			c.changed(w.at, setting, became, "sersync handled changed attributes as deletions and stopped watching the folder; now they are sent")
		case t.name == "createFile" && !w.is():
			c.changed(w.at, setting, became, "links, FIFOs and the like wait for a full sync, as in sersync; true sends them at once")
		case t.name == "delete":
			c.became(w.at, setting, became+", delete: "+strconv.FormatBool(c.deletes()))
		default:
			c.became(w.at, setting, became)
		}
	}
	return []Field{
		boolean("delete", c.s.events["delete"], c.deletes()),
		object("events", at, list...),
	}
}

// deletes reports whether anything is deleted on the targets.
func (c *converter) deletes() bool {
	words, _, _ := split(c.s.params.text)
	for _, w := range words {
		if strings.HasPrefix(w, "--delete") || w == "--del" {
			return true
		}
	}
	return c.s.events["delete"].is()
}

// filter keeps the regular expressions. One that means nothing was passed over
// by sersync, and is here; one that only RE2 does not know cannot be kept.
func (c *converter) filter() []Field {
	s := c.s
	if !s.filter.is() {
		if len(s.excludes) > 0 {
			c.became(s.filter.at, fmt.Sprintf("%s with %d exclude", shown("filter", "start", s.filter), len(s.excludes)), "nothing: it is off")
		}
		return nil
	}
	c.changed(s.filter.at, shown("filter", "start", s.filter), "exclude_regex",
		"sersync refused -r with a filter, and sent what was in new folders in spite of it; now the filter holds everywhere")
	list := Value{Kind: List, At: s.filter.at}
	for _, w := range s.excludes {
		if c.usable(w) {
			list.Items = append(list.Items, Value{Kind: Text, At: w.at, Text: w.text})
			c.became(w.at, shown("exclude", "expression", w), "exclude_regex")
		}
	}
	if len(list.Items) == 0 {
		return nil
	}
	return []Field{{"exclude_regex", list}}
}

// usable reports whether an expression is one for us, and says why not.
func (c *converter) usable(w word) bool {
	if w.text == "" {
		c.risk(w.at, `exclude expression=""`, "", "is empty and matches nothing; it is left out")
		return false
	}
	_, err := syntax.Parse(w.text, syntax.Perl)
	e, bad := errors.AsType[*syntax.Error](err)
	if !bad {
		return true
	}
	switch e.Code {
	case syntax.ErrMissingRepeatArgument, syntax.ErrMissingBracket, syntax.ErrMissingParen, syntax.ErrUnexpectedParen,
		syntax.ErrTrailingBackslash, syntax.ErrInvalidCharRange:
		c.risk(w.at, shown("exclude", "expression", w), "", fmt.Sprintf("is not a regular expression (%s); it is left out, as sersync did", e.Code))
	default:
		c.fail(w.at, "write it without: RE2 knows no (?=...), (?!...) and \\1, see https://golang.org/s/re2syntax",
			"expression %q uses something that is not supported: %s", w.text, e.Code)
	}
	return false
}

// failLog keeps the path. Of several modules each gets a file of its own: they
// would write over each other's.
func (c *converter) failLog(i int) []Field {
	s := c.s
	var fields []Field
	if p := s.failLog.text; p != "" {
		if i > 0 {
			ext := path.Ext(p)
			p = fmt.Sprintf("%s-%d%s", strings.TrimSuffix(p, ext), i+1, ext)
		}
		fields = append(fields, text("path", s.failLog.at, p))
	}
	minutes, err := strconv.Atoi(strings.TrimSpace(s.failEvery.text))
	if err != nil || minutes < 1 {
		minutes = 60
		if i == 0 {
			c.risk(s.failEvery.at, shown("failLog", "timeToExecute", s.failEvery), "fail_log.retry_every: 60m", "is no number of minutes from 1 on; 60 is used")
		}
	}
	if i == 0 {
		c.changed(s.failLog.at, shown("failLog", "path", s.failLog), "fail_log.path, fail_log.format: sersync",
			"had mode 777, so that anybody could have root run anything; now it has mode 600, is never run by itself, and entries stay until they succeed")
		c.changed(s.failEvery.at, shown("failLog", "timeToExecute", s.failEvery), fmt.Sprintf("fail_log.retry_every: %dm", minutes),
			"is now the longest wait; the first tries come after seconds, and at once when the target is back")
	}
	fields = append(fields, text("retry_every", s.failEvery.at, fmt.Sprintf("%dm", minutes)), text("format", s.failLog.at, "sersync"))
	return []Field{object("fail_log", s.failLog.at, fields...)}
}

// crontab is the full compare. Its filter holds for the full sync at the start,
// too, as in sersync.
func (c *converter) crontab() []Field {
	s := c.s
	var fields []Field
	if s.crontab.is() {
		minutes, err := strconv.Atoi(strings.TrimSpace(s.schedule.text))
		if err != nil || minutes < 1 {
			minutes = 600
			c.risk(s.schedule.at, shown("crontab", "schedule", s.schedule), "full_compare.schedule: every 600m", "is no number of minutes from 1 on; 600 is used, as in sersync")
		}
		every := fmt.Sprintf("every %dm", minutes)
		fields = append(fields, text("schedule", s.schedule.at, every))
		c.became(s.crontab.at, fmt.Sprintf("crontab start=%q schedule=%q", s.crontab.text, s.schedule.text), "full_compare.schedule: "+every)
		if s.filter.is() && !s.cronFilter.is() {
			c.changed(s.crontab.at, "crontab with a filter and no crontabfilter", "full_compare", "sersync did not run it; now it runs, with the filter")
		}
	} else {
		c.became(s.crontab.at, shown("crontab", "start", s.crontab), "nothing: it is off")
	}
	if s.cronFilter.is() && len(s.cronExcludes) > 0 {
		list := Value{Kind: List, At: s.cronFilter.at}
		for _, w := range s.cronExcludes {
			if w.text == "" {
				continue
			}
			list.Items = append(list.Items, Value{Kind: Text, At: w.at, Text: w.text})
			c.became(w.at, "crontabfilter "+shown("exclude", "expression", w), "full_compare.exclude")
		}
		fields = append(fields, Field{"exclude", list})
	}
	if len(fields) == 0 {
		return nil
	}
	return []Field{object("full_compare", s.crontab.at, fields...)}
}
