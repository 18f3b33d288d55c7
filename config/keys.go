package config

import (
	"slices"
	"time"

	"github.com/syncsvc/syncsvc/filter"
)

// The ranges of what a module file may say.
const (
	minThreads, maxThreads = 1, 1000
	minPoll, maxPoll       = time.Second, day
	minQuiet, maxQuiet     = 10 * time.Millisecond, 10 * time.Minute
	minAtMost, maxAtMost   = 100 * time.Millisecond, day
	minRetry, maxRetry     = time.Second, 7 * day
	minTimeout, maxTimeout = time.Second, day
	minConnect, maxConnect = time.Second, time.Hour
	minBWLimit, maxBWLimit = 1 << 10, 1 << 40
	maxDeleteCount         = 1_000_000_000
)

// schema returns all keys of a module file. Targets come last, because they
// begin as copies of what the module says.
func (d *decoder) schema() schema {
	m := d.m
	return append(append(schema{
		{"watch", d.watch},
		{"threads", func(v value) { v.readInt(&m.Threads, minThreads, maxThreads) }},
		{"full_sync", func(v value) {
			v.readChoice((*string)(&m.FullSync), string(FullIfNeeded), string(FullOnStart), string(FullNever))
		}},
		{"backend", func(v value) {
			v.readChoice(&m.Backend, BackendAuto, BackendInotify, BackendFanotify, BackendPoll)
		}},
		{"poll_every", func(v value) { v.readDuration(&m.PollEvery, minPoll, maxPoll) }},
		{"events", func(v value) { v.object(eventKeys(&m.Events)) }},
		{"settle", func(v value) { v.object(settleKeys(&m.Settle)) }},
		{"filter", func(v value) { d.rules(v, filter.Full, &d.filters) }},
		{"include", func(v value) { d.rules(v, filter.Include, &d.includes) }},
		{"exclude", func(v value) { d.rules(v, filter.Exclude, &d.excludes) }},
		{"exclude_from", d.excludeFrom},
		{"exclude_regex", d.regexes},
		{"temp_files", func(v value) { v.readChoice(&d.tempFiles, tempMirror, tempExclude) }},
		{"fail_log", func(v value) { v.object(failLogKeys(&m.FailLog)) }},
		{"full_compare", func(v value) { v.object(d.compareKeys(m)) }},
	}, append(d.processKeys(), d.transferKeys(&d.base)...)...), schema{
		{"hooks", d.hooks},
		{"targets", d.targets},
	}...)
}

func eventKeys(e *Events) schema {
	toggle := func(name string, to *bool) key {
		return key{name, func(v value) { v.readBool(to) }}
	}
	return schema{
		toggle("create_file", &e.CreateFile),
		toggle("create_folder", &e.CreateFolder),
		toggle("close_write", &e.CloseWrite),
		toggle("modify", &e.Modify),
		toggle("attrib", &e.Attrib),
		toggle("delete", &e.Delete),
		toggle("move_from", &e.MoveFrom),
		toggle("move_to", &e.MoveTo),
	}
}

func settleKeys(s *Settle) schema {
	return schema{
		{"quiet", func(v value) { v.readDuration(&s.Quiet, minQuiet, maxQuiet) }},
		{"at_most", func(v value) { v.readDuration(&s.AtMost, minAtMost, maxAtMost) }},
	}
}

func failLogKeys(f *FailLog) schema {
	return schema{
		{"path", func(v value) { v.readPath(&f.Path) }},
		{"retry_every", func(v value) { v.readDuration(&f.RetryEvery, minRetry, maxRetry) }},
		{"format", func(v value) { v.readChoice((*string)(&f.Format), string(FailLogText), string(FailLogScript)) }},
	}
}

func (d *decoder) compareKeys(m *Module) schema {
	return schema{
		{"exclude", func(v value) { d.patterns(v, &m.CompareExclude) }},
		{"schedule", func(v value) {
			written, ok := v.word()
			if !ok {
				return
			}
			parsed, bad := parseSchedule(written)
			if !v.refuse(bad) {
				m.Schedule = parsed
			}
		}},
	}
}

// transferKeys are those that a module and a target have in common.
func (d *decoder) transferKeys(t *Target) schema {
	return schema{
		{"password_file", func(v value) { v.readPath(&t.PasswordFile) }},
		{"delete", func(v value) { v.readBool(&t.Delete) }},
		{"max_delete", func(v value) { v.readLimit(&t.MaxDelete) }},
		{"rsync", func(v value) { v.object(d.rsyncKeys(&t.Rsync)) }},
	}
}

func (d *decoder) rsyncKeys(r *Rsync) schema {
	return schema{
		{"program", func(v value) { v.readProgram(&r.Program) }},
		{"args", func(v value) { d.args(v, &r.Args) }},
		{"timeout", func(v value) { v.readSeconds(&r.Timeout, minTimeout, maxTimeout) }},
		{"connect_timeout", func(v value) { v.readSeconds(&r.ConnectTimeout, minConnect, maxConnect) }},
		{"bwlimit", func(v value) { v.readSize(&r.BWLimit, minBWLimit, maxBWLimit) }},
		{"compress", func(v value) { v.readBool(&r.Compress) }},
		{"partial_dir", func(v value) { v.readPartialDir(&r.PartialDir) }},
	}
}

// elsewhere knows where keys belong that people put in the wrong object.
func elsewhere(name string) string {
	var none Target
	has := func(s schema) bool { return slices.Contains(s.names(), name) }
	d := &decoder{m: &Module{}}
	switch {
	case has(d.rsyncKeys(&none.Rsync)):
		return "rsync"
	case has(eventKeys(&d.m.Events)):
		return "events"
	case has(settleKeys(&d.m.Settle)):
		return "settle"
	case has(failLogKeys(&d.m.FailLog)):
		return "fail_log"
	case name == "schedule":
		return "full_compare"
	case name == "url", name == "ssh":
		return "targets, at one of them"
	case has(d.hookKeys(&Hook{})):
		return "hooks, at one of them"
	}
	return ""
}

func (d *decoder) watch(v value) {
	var p string
	switch v.readPath(&p); {
	case p == "":
	case p == "/":
		v.fail("name the folders that should be mirrored, a module each", "the root of the file system cannot be mirrored")
	default:
		d.m.Watch = p
	}
}

func (d *decoder) args(v value, to *[]string) {
	var words []string
	v.list(`["-a"]`, func(item value) {
		word, ok := item.word()
		if !ok {
			return
		}
		warnings, bad := checkArg(word)
		if item.refuse(bad) {
			return
		}
		for _, w := range warnings {
			d.warn(item.node.at, item.key, w)
		}
		words = append(words, word)
	})
	*to = words
}
