package rsync

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"syscall"
)

// ending is how a run of rsync came to its end.
type ending struct {
	code   int // -1 when killed by a signal
	signal syscall.Signal
	// cause is why it was stopped by us, nil when it was not; stalled tells
	// that it was for moving nothing.
	cause   error
	stalled bool
}

// verdict turns what rsync printed and how it ended into a Result. It is a
// function of its fields; the only I/O is resolver.names.
type verdict struct {
	target   Target
	job      Job
	end      ending
	said     []message
	more     bool
	resolver *resolver

	result Result
	index  map[string]int // where a path is in result.Failed
}

// judge fills in everything that depends on the messages and the ending.
func (v *verdict) judge() {
	v.index = map[string]int{}
	v.collect()
	if v.wentThrough() {
		v.judgePaths()
		return
	}
	v.result.Failed, v.result.Vanished = nil, nil // nothing is known of single paths
	v.result.RefusesMissing = slices.ContainsFunc(v.said, func(m message) bool { return refusesMissing.MatchString(m.words()) })
	switch {
	case v.end.stalled:
		v.conclude(Away, "stalled: "+v.end.cause.Error(), "")
	case v.end.cause != nil:
		v.conclude(Killed, v.end.cause.Error(), "")
	case v.end.code < 0:
		v.conclude(Unknown, "rsync was killed: "+v.end.signal.String(), "")
	default:
		v.judgeRun()
	}
}

func (v *verdict) conclude(class Class, reason, hint string) {
	reason = strings.TrimPrefix(reason, "Password: ") // asked for without a line's end
	if strings.HasPrefix(reason, "@ ") {              // ssh's frame of a warning
		reason = strings.Trim(reason, "@ ")
	}
	v.result.Class, v.result.Reason, v.result.Hint = class, forPeople(reason), hint
}

// wentThrough reports whether rsync came to the end of the job, so that what it
// did not complain of was done.
func (v *verdict) wentThrough() bool {
	switch v.end.code {
	case codeOK, codePartial, codeVanished, codeLimit:
		return v.heard(summary) && v.heard(dryRun) == v.job.DryRun
	}
	return false
}

func (v *verdict) heard(what meaning) bool {
	return slices.ContainsFunc(v.said, func(m message) bool { return m.meaning == what })
}

// collect sorts the messages into the result.
func (v *verdict) collect() {
	for _, m := range v.said {
		switch m.meaning {
		case failure:
			v.fail(m)
		case trouble:
			v.failed("", m.text, Other)
		case vanished:
			v.gone(m)
		case kept:
			v.result.Kept = append(v.result.Kept, v.resolver.paths(m)...)
		case ignored:
			v.result.Ignored = append(v.result.Ignored, v.resolver.paths(m)...)
		case limited:
			v.result.Skipped += int(m.counts[0])
		case newRoot:
			v.result.NewRoot = true
			if !v.job.Tree {
				v.result.NewDirs = append(v.result.NewDirs, ".")
			}
		case summary:
			v.result.BytesSent, v.result.BytesReceived = m.counts[0], m.counts[1]
		}
	}
	if v.heard(undeleted) {
		v.failUndeleted()
	}
	v.tidy()
}

// fail records a path that did not get there.
func (v *verdict) fail(m message) {
	paths := v.resolver.paths(m)
	if len(paths) == 0 {
		v.failed("", m.text, kindOf(m.errno))
	}
	for _, p := range paths {
		if !m.within {
			v.failed(p, m.text, kindOf(m.errno))
			continue
		}
		v.failed(p+"/", m.text, kindOf(m.errno))
		for _, inside := range v.resolver.scope.beneath(p) {
			v.failed(inside, m.text, kindOf(m.errno))
		}
	}
}

func (v *verdict) failed(path, reason string, kind FailureKind) {
	if at, ok := v.index[path]; ok {
		v.result.Failed[at].Kind = cmp.Or(v.result.Failed[at].Kind, kind)
		return
	}
	v.index[path] = len(v.result.Failed)
	v.result.Failed = append(v.result.Failed, Failure{Path: path, Reason: forPeople(reason), Kind: kind})
}

// forPeople leaves out where the sender stands, which is nowhere they know.
func forPeople(reason string) string {
	return printable(strings.NewReplacer(`"`+here+`"`, `"."`, here, "").Replace(reason))
}

func kindOf(errno syscall.Errno) FailureKind {
	switch errno {
	case syscall.EACCES, syscall.EPERM, syscall.EROFS:
		return Denied
	case syscall.ENOSPC, syscall.EDQUOT:
		return NoSpace
	case syscall.ENOENT, syscall.ENOTDIR, syscall.EISDIR, syscall.ELOOP:
		return MixedUp
	}
	return Other
}

func (v *verdict) gone(m message) {
	paths := v.resolver.paths(m)
	if len(paths) == 0 {
		v.failed("", m.text, Other)
	}
	v.result.Vanished = append(v.result.Vanished, paths...)
}

// failUndeleted names every listing and root: rsync does not say at which of
// them it stopped deleting.
func (v *verdict) failUndeleted() {
	const reason = "IO error encountered -- skipping file deletion"
	for _, p := range v.job.Paths {
		if v.job.Tree || strings.HasSuffix(p, "/") {
			v.failed(strings.TrimSuffix(clean(p), "/")+"/", reason, Undeleted)
		}
	}
}

// tidy brings the lists into their promised form.
func (v *verdict) tidy() {
	r := &v.result
	r.Vanished = topmost(r.Vanished)
	r.Kept, r.Ignored = unique(r.Kept), unique(r.Ignored)
	r.NewDirs = slices.DeleteFunc(unique(r.NewDirs), func(dir string) bool {
		_, failed := v.index[dir+"/"] // itemised although mkdir failed
		return failed
	})
	if v.more {
		v.failed("", fmt.Sprintf("more than %d messages", maxMessages), Other)
	}
}

func unique(paths []string) []string {
	slices.Sort(paths)
	return slices.Compact(paths)
}

// topmost drops what lies inside another one of the paths.
func topmost(paths []string) []string {
	var top []string
	for _, p := range unique(paths) {
		if !slices.ContainsFunc(top, func(t string) bool { return strings.HasPrefix(p, t+"/") }) {
			top = append(top, p)
		}
	}
	return top
}
