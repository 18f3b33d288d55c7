package rsync

import (
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

const spaceHint = "free some space on the target"

// ruling is what a run that did not go through comes to.
type ruling struct {
	class  Class
	reason string // for a code that has no better words
	hint   string
}

// byCode is used when no message decides. Codes not listed are Unknown.
var byCode = map[int]ruling{
	codeOK: {Unknown, "rsync exited 0 without doing the job", ""},
	1:      {Config, "rsync does not accept the command", ""},
	2:      {Config, "the two rsyncs do not understand each other", "both must be 3.1.0 or newer, and nothing may be printed by the remote login scripts"},
	3:      {Refused, "the target folder cannot be used", ""},
	4:      {Config, "the remote rsync does not know an option", "use a newer rsync there, or take the option out of rsync.args"},
	5:      {Refused, "the daemon refused", ""},
	6:      {Config, "the daemon cannot write its log", ""},
	10:     {Away, "connection failed", ""},
	12:     {Away, "connection lost", ""},
	19:     {Away, "rsync was stopped by somebody else, here or there", ""},
	20:     {Away, "rsync was stopped by somebody else, here or there", ""},
	30:     {Away, "nothing was received for the whole timeout", ""},
	35:     {Away, "no answer from the daemon within the connect timeout", ""},
	125:    {Away, "ssh was killed", ""},
	126:    {Config, "the remote rsync cannot be run", ""},
	127:    {Config, "there is no rsync on the target", "install rsync 3.1.0 or newer there"},
	255:    {Away, "ssh could not connect", ""},
}

// What rsync says when the folder it is to write into is not there, or is no
// folder. With a Job.Base that is not the target's fault.
var (
	noFolder  = regexp.MustCompile(`^mkdir "|^change_dir#`)
	notFolder = regexp.MustCompile(`^ERROR: (?:cannot stat )?destination`)
)

// precedent decides a run by a message, whatever the exit code: how a daemon's
// error ends on this side is a race between its message and its hanging up.
type precedent struct {
	re    *regexp.Regexp
	class Class
	hint  string
}

var precedents = []precedent{
	{regexp.MustCompile(`^Password: `), Refused, "the module wants a password: set password_file"},
	{regexp.MustCompile(`^@ERROR: auth failed`), Refused, "check the user name in the target's URL and password_file"},
	{regexp.MustCompile(`^@ERROR: Unknown module`), Refused, "the daemon lists its modules with: rsync rsync://HOST/"},
	{regexp.MustCompile(`^@ERROR: max connections`), Refused, "raise 'max connections' of the module in rsyncd.conf, or lower threads"},
	{regexp.MustCompile(`^@ERROR: access denied`), Refused, "check 'hosts allow' and 'hosts deny' of the module in rsyncd.conf"},
	{regexp.MustCompile(`^@ERROR: ch(?:dir|root) failed`), Refused, "the module's path in rsyncd.conf does not exist there"},
	{regexp.MustCompile(`^@ERROR`), Refused, ""},
	{regexp.MustCompile(`^ERROR: module is read only`), Refused, "set 'read only = no' for the module in rsyncd.conf"},
	{regexp.MustCompile(`server is configured to refuse`), Refused, "take the option out of 'refuse options' in rsyncd.conf"},
	{regexp.MustCompile(`rejected by the server`), Refused, "check the module's filters in rsyncd.conf"},
	{regexp.MustCompile(`^ERROR: daemon has excluded destination`), Refused, "check the module's filters in rsyncd.conf"},
	{regexp.MustCompile(`rather than greeting`), Refused, "something other than an rsync daemon listens on that port"},
	{noFolder, Refused, "make the target folder by hand"},
	{notFolder, Refused, "the target must be a folder"},
	{regexp.MustCompile(`password file`), Config, "the password file must belong to the user of syncsvc and have mode 600"},
	{regexp.MustCompile(`unknown option|cannot be used with|conflicts with|syntax error`), Config, "check rsync.args, and that rsync there is 3.1.0 or newer"},
	{regexp.MustCompile(`is your shell clean`), Config, "the remote login scripts must print nothing"},
	{regexp.MustCompile(`^Failed to exec`), Config, "install the ssh client"},
	{regexp.MustCompile(`Bad configuration option|[Bb]ad owner or permissions`), Config, "check ssh.options and the ssh configuration"},
	{regexp.MustCompile(`^Host key verification failed`), Refused, "put the host's key into known_hosts after checking it: ssh-keyscan -p PORT HOST"},
	{regexp.MustCompile(`^\S*: ?Permission denied \(`), Refused, "check ssh.identity_file and authorized_keys on the target"},
	{regexp.MustCompile(`(?:command not found|: not found|No such file or directory)$`), Config, "install rsync 3.1.0 or newer on the target"},
	{regexp.MustCompile(`^getcwd\(\)|^change_dir "`), Source, ""},
	{regexp.MustCompile(`Could not resolve hostname|^getaddrinfo`), Away, "check the host name and the name servers"},
	{regexp.MustCompile(`^ssh: |failed to connect|timed out|Connection (?:refused|reset|closed)|connection unexpectedly closed`), Away, ""},
}

// judgeRun decides about a run that did not go through: nothing in it counts
// as done.
func (v *verdict) judgeRun() {
	if i := slices.IndexFunc(v.said, func(m message) bool { return kindOf(m.errno) == NoSpace }); i >= 0 {
		v.conclude(Full, v.said[i].text, spaceHint)
		return
	}
	for _, p := range precedents {
		if i := slices.IndexFunc(v.said, func(m message) bool { return p.re.MatchString(m.words()) }); i >= 0 {
			if v.job.Base != "" && (p.re == noFolder || p.re == notFolder) {
				p.class, p.hint = Source, ""
			}
			v.conclude(p.class, v.said[i].text, p.hint)
			return
		}
	}
	if v.end.code == codeProtocol && !v.mismatch() {
		v.conclude(Aborted, "rsync gave up in the middle"+v.lastWords(), "")
		return
	}
	r, known := byCode[v.end.code]
	if !known {
		r.reason = fmt.Sprintf("rsync exited with code %d", v.end.code)
	}
	v.conclude(r.class, r.reason+v.lastWords(), r.hint)
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
		v.conclude(Full, r.Failed[full].Reason, spaceHint)
	case r.Skipped > 0 || v.end.code == codeLimit:
		v.conclude(Limit, fmt.Sprintf("%d deletions held back by the limit of %d", r.Skipped, v.job.MaxDelete), "")
	case len(r.Failed) > 0:
		v.conclude(Partial, plural(len(r.Failed), "path")+" failed: "+r.Failed[0].Reason, "")
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
