package rsync

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"syscall"
)

// rsync's exit codes that are spoken of by name. All but codeFileIO mean that it
// came to the end of the job.
const (
	codeOK       = 0
	codeProtocol = 2
	codeFileIO   = 11
	codePartial  = 23
	codeVanished = 24
	codeLimit    = 25
)

// ruling is what a run that did not go through comes to.
type ruling struct {
	class  Class
	reason string // for a code that has no better words
	hint   string
}

// byCode is used when no message decides. Codes not listed are Unknown.
var byCode = map[int]ruling{
	codeOK: {Unknown, "rsync exited 0 without doing the job", ""},
	1:      {Config, "rsync does not accept the command", "check rsync.args"},
	2:      {Config, "the two rsyncs do not understand each other", "both must be 3.1.0 or newer, and nothing may be printed by the remote login scripts"},
	3:      {Refused, "the target folder cannot be used", "make the target folder by hand: {folder}"},
	4:      {Config, "the remote rsync does not know an option", "use a newer rsync there, or take the option out of rsync.args"},
	5:      {Refused, "the daemon refused", ""},
	6:      {Config, "the daemon cannot write its log", "see 'log file' in rsyncd.conf there: its folder must exist"},
	10:     {Away, "connection failed", ""},
	12:     {Away, "connection lost", ""},
	19:     {Away, "rsync was stopped by somebody else, here or there", ""},
	20:     {Away, "rsync was stopped by somebody else, here or there", ""},
	30:     {Away, "nothing was received for the whole timeout", ""},
	35:     {Away, "no answer from the daemon within the connect timeout", ""},
	125:    {Away, "ssh was killed", ""},
	126:    {Config, "the remote rsync cannot be run", "make it executable there, or name another in rsync.args: --rsync-path=/path/rsync"},
	127:    {Config, "there is no rsync on the target", "install rsync 3.1.0 or newer there"},
	255:    {Away, "ssh could not connect", "try the same by hand: ssh {login}{host}"},
}

// What rsync says when the folder it is to write into is not there, or is no
// folder. With a Job.Base that is not the target's fault.
var (
	noFolderAllowed = wording(`^(?:mkdir "|change_dir#).*Permission denied`)
	noFolderWrites  = wording(`^(?:mkdir "|change_dir#).*Read-only file system`)
	noFolder        = wording(`^mkdir "|^change_dir#`)
	notFolder       = wording(`^ERROR: (?:cannot stat )?destination`)
)

// judgeRun decides about a run that did not go through: nothing in it counts
// as done.
func (v *verdict) judgeRun() {
	if i := slices.IndexFunc(v.said, func(m message) bool { return kindOf(m.errno) == NoSpace }); i >= 0 {
		v.conclude(Full, v.said[i].text, v.hint(v.said[i].text))
		return
	}
	if v.judgeWords() {
		return
	}
	if v.end.code == codeProtocol && !v.mismatch() {
		v.conclude(Aborted, "rsync gave up in the middle"+v.lastWords(), "")
		return
	}
	r, known := byCode[v.end.code]
	if !known {
		r.reason = fmt.Sprintf("rsync exited with code %d", v.end.code)
	}
	reason := r.reason + v.lastWords()
	v.conclude(r.class, reason, cmp.Or(v.hint(reason), explanation{fix: r.hint}.to(v.target).String()))
}

// judgeWords decides by the line that tells most, if there is one. The trailer
// only repeats the exit code.
func (v *verdict) judgeWords() bool {
	for _, e := range explained(v.target.Kind) {
		i := slices.IndexFunc(v.said, func(m message) bool {
			return e.class != Partial && m.meaning != trailer && e.re.MatchString(m.words())
		})
		if i < 0 {
			continue
		}
		class, hint := e.class, e.to(v.target).String()
		if v.job.Base != "" && slices.Contains([]*regexp.Regexp{noFolder, noFolderAllowed, noFolderWrites, notFolder}, e.re) {
			class, hint = Source, ""
		}
		v.conclude(class, v.said[i].text, hint)
		return true
	}
	return false
}

// hint explains a line, if anybody knows how.
func (v *verdict) hint(line string) string {
	e, _ := Explain(v.target, line)
	return e.String()
}

// mismatch reports whether the two rsyncs did not agree on a protocol. Once they
// have, the same code comes from one that found something changing under its
// hands, such as "refusing unconfined partial basis" when the partial file was
// taken away, and its words get lost at times (measured, 3.5.0).
func (v *verdict) mismatch() bool {
	return !slices.ContainsFunc(v.said, func(m message) bool {
		return m.meaning == trailer && !strings.Contains(m.text, " at compat.c(")
	})
}

// missingFolder reports whether rsync ended at once because there is no target
// folder and no parent to make it in. Over ssh the message gets lost at times,
// and only the code (error in file IO) remains.
func (v *verdict) missingFolder() bool {
	if v.end.code != codeFileIO || v.heard(summary) {
		return false
	}
	said := slices.DeleteFunc(slices.Clone(v.said), func(m message) bool {
		return m.meaning == trailer || m.meaning == foreign
	})
	return len(said) == 0 || slices.ContainsFunc(said, func(m message) bool {
		return m.errno == syscall.ENOENT && strings.HasPrefix(m.text, `mkdir "`)
	})
}

// lastWords is rsync's own explanation, to be appended.
func (v *verdict) lastWords() string {
	for _, m := range slices.Backward(v.said) {
		switch m.meaning {
		case trouble, failure:
			return ": " + m.text
		case trailer: // without its place in rsync's source
			phrase, _, _ := strings.Cut(m.text, " at ")
			return ": " + strings.TrimPrefix(phrase, "rsync error: ")
		}
	}
	return ""
}

// judgePaths decides about a run that went through to its end.
func (v *verdict) judgePaths() {
	r := &v.result
	if unexplained := v.unexplained(); unexplained != "" && len(r.Failed) == 0 {
		v.failed("", unexplained, Other)
	}
	full := slices.IndexFunc(r.Failed, func(f Failure) bool { return f.Kind == NoSpace })
	switch {
	case full >= 0:
		v.conclude(Full, r.Failed[full].Reason, v.hint(r.Failed[full].Reason))
	case r.Skipped > 0 || v.end.code == codeLimit:
		v.conclude(Limit, fmt.Sprintf("%d deletions held back by the limit of %d", r.Skipped, v.job.MaxDelete), "")
	case len(r.Failed) > 0:
		v.conclude(Partial, plural(len(r.Failed), "path")+" failed: "+r.Failed[0].Reason, v.hint(r.Failed[0].Reason))
	case len(r.Vanished) > 0:
		v.conclude(Vanished, plural(len(r.Vanished), "path")+" vanished before they could be sent", "")
	default:
		v.conclude(Done, "", "")
	}
}

// unexplained returns what an exit code claims and no message has shown.
func (v *verdict) unexplained() string {
	switch {
	case v.end.code == codePartial:
		return "rsync exited 23 and named no path"
	case v.end.code == codeVanished && len(v.result.Vanished) == 0:
		return "rsync exited 24 and named no path"
	}
	return ""
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
