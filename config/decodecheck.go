package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/syncsvc/syncsvc/filter"
)

// finish checks what several keys say together, and compiles the filter.
func (d *decoder) finish() {
	m := d.m
	m.Rules = slices.Concat(d.filters, d.includes, d.excludes, d.fromFile, d.tempRules())
	compiled, err := filter.Parse(m.Rules, m.Regexes)
	if err != nil && len(d.r.problems) == 0 {
		d.failAt("", "", "%v", err)
	}
	m.Filter = compiled
	d.checkSettle()
	d.checkPassword()
	d.checkFailLog()
	d.checkEvents()
	d.checkUser()
	for i := range m.Targets {
		d.checkLoop(i)
		d.checkApart(i)
		d.checkRsync(i)
	}
}

// failAt reports a problem with a key that was read before.
func (d *decoder) failAt(key, hint, format string, args ...any) {
	d.r.problems = append(d.r.problems, d.r.src.problem(d.r.at[key], key, hint, fmt.Sprintf(format, args...)))
}

func (d *decoder) checkSettle() {
	s := d.m.Settle
	if s.AtMost < s.Quiet {
		d.failAt(d.written("settle.at_most", "settle.quiet"), "", "at most %s is less than %s of quiet", formatDuration(s.AtMost), formatDuration(s.Quiet))
	}
}

// written returns the first of some keys that is in the file.
func (d *decoder) written(keys ...string) string {
	for _, k := range keys {
		if _, ok := d.r.at[k]; ok {
			return k
		}
	}
	return ""
}

// checkPassword refuses a module's password file that no target would use.
func (d *decoder) checkPassword() {
	useful := slices.ContainsFunc(d.m.Targets, func(t Target) bool { return t.Kind == Daemon })
	if d.base.PasswordFile != "" && len(d.m.Targets) > 0 && !useful {
		d.failAt("password_file", "ssh uses keys: ssh: {identity_file: /etc/syncsvc/keys/www}, at the target", "is only for rsync daemons, and no target is one")
	}
}

// checkFailLog refuses a log that would be mirrored, and so cause what it logs.
func (d *decoder) checkFailLog() {
	if p := d.m.FailLog.Path; p != "" && d.m.Watch != "" && inside(p, d.m.Watch) {
		d.failAt("fail_log.path", "put it in /var/log/syncsvc", "is inside the watched folder %s", d.m.Watch)
	}
}

func (d *decoder) checkEvents() {
	e := d.m.Events
	if !e.CloseWrite && !e.Modify {
		d.warn(d.r.at["events"], "events", "with close_write and modify off, changed contents wait for a full compare")
	}
}

// checkLoop refuses a local target that has the watched folder in it, or is in
// it: each push would be a change to push.
func (d *decoder) checkLoop(i int) {
	t := d.m.Targets[i]
	switch watch := d.m.Watch; {
	case t.Kind != Local || watch == "":
	case t.Path == watch:
		d.failAt(d.urlKey(i), "", "is the watched folder itself")
	case inside(t.Path, watch):
		d.failAt(d.urlKey(i), "", "is inside the watched folder %s: it would be mirrored into itself", watch)
	case inside(watch, t.Path):
		d.failAt(d.urlKey(i), "", "has the watched folder %s in it, and deletes what is not in the source", watch)
	}
}

// urlKey returns the key under which the URL of target i stands.
func (d *decoder) urlKey(i int) string {
	return d.written(d.keys[i]+".url", d.keys[i])
}

// checkApart refuses target i when it is or overlaps one before it: each would
// delete what the other brings.
func (d *decoder) checkApart(i int) {
	here := d.m.Targets[i].place()
	for j := range i {
		there := d.m.Targets[j].place()
		line := d.r.at[d.urlKey(j)].line
		switch {
		case here == there:
			d.failAt(d.urlKey(i), "", "is the same place as %s in line %d", d.m.Targets[j].URL, line)
		case strings.HasPrefix(here, there), strings.HasPrefix(there, here):
			d.failAt(d.urlKey(i), "", "overlaps %s in line %d: each would delete what the other brings", d.m.Targets[j].URL, line)
		}
	}
}

// checkRsync looks at the arguments and options that hold for target i.
func (d *decoder) checkRsync(i int) {
	r := d.m.Targets[i].Rsync
	key := d.written(d.keys[i]+".args", d.keys[i]+".rsync.args", "rsync.args")
	if slices.Contains(r.Args, "--inplace") && r.PartialDir != "" {
		d.failAt(key, "add partial_dir: off", "rsync does not allow --inplace together with a partial_dir")
	}
	if key != "" && !keepsTimes(r.Args) {
		message := "without -a or -t rsync does not keep times, and has to look at every file again and again"
		p := d.r.src.problem(d.r.at[key], key, "", message)
		if !slices.Contains(d.warnings, p) {
			d.warnings = append(d.warnings, p)
		}
	}
}
