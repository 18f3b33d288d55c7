package rsync

import (
	"cmp"
	"regexp"
	"strconv"
	"strings"
)

// Explanation says what an error of rsync's or ssh's usually comes from, and
// the one thing to try first. Both are parts of one line, without a full stop.
type Explanation struct {
	Cause string
	Fix   string
}

// String returns both in one line, as it is shown behind "hint: ".
func (e Explanation) String() string {
	if e.Cause == "" || e.Fix == "" {
		return e.Cause + e.Fix
	}
	return e.Cause + "; " + e.Fix
}

// Explain finds out what a line means that rsync, ssh or [Probe] gave for t.
// false means that it is none of those that operators usually meet.
func Explain(t Target, line string) (Explanation, bool) {
	m := parseMessage(line, foreign)
	for _, e := range explained(t.Kind) {
		if e.cause != "" && e.re.MatchString(m.words()) {
			return e.to(t), true
		}
	}
	return Explanation{}, false
}

// explanation is an entry of the tables of what operators meet. In its texts a
// name in braces stands for what the target says; see places.
type explanation struct {
	re *regexp.Regexp
	// class is what a run comes to that did not go through and in which the
	// line was found, whatever the exit code: how a daemon's error ends on this
	// side is a race between its message and its hanging up. Partial means that
	// the line is about a path and decides nothing.
	class      Class
	cause, fix string
}

func (e explanation) to(t Target) Explanation {
	fill := strings.NewReplacer(places(t)...)
	return Explanation{Cause: fill.Replace(e.cause), Fix: fill.Replace(e.fix)}
}

// explained returns the entries for a kind of target, the telling ones first.
func explained(k Kind) []explanation {
	switch k {
	case Daemon:
		return append(daemonErrors[:len(daemonErrors):len(daemonErrors)], commonErrors...)
	case SSH:
		return append(sshErrors[:len(sshErrors):len(sshErrors)], commonErrors...)
	}
	return commonErrors
}

// places are the names that may stand in braces, each followed by what it
// stands for. There is no secret in any of them.
func places(t Target) []string {
	port := portOr(t.Port, daemonPort)
	if t.Kind == SSH {
		port = portOr(t.Port, sshPort)
	}
	writer, orRoot := writers(t.Kind)
	return []string{
		"{writer}", writer, "{or_root}", orRoot,
		"{host}", printable(t.Host),
		"{port}", strconv.Itoa(port),
		"{hostport}", printable(t.hostPort()),
		"{known_name}", printable(knownName(t)),
		"{module}", printable(t.Module),
		"{login}", printable(t.login()),
		"{user}", printable(cmp.Or(t.User, "the user")),
		"{folder}", printable(cmp.Or(t.Path, "the module's path")),
		"{password_file}", printable(cmp.Or(t.PasswordFile, "password_file")),
		"{identity_file}", printable(cmp.Or(t.SSH.IdentityFile, "ssh.identity_file")),
		"{known_hosts}", printable(cmp.Or(t.SSH.KnownHosts, "~/.ssh/known_hosts")),
	}
}

// writers says who writes on a target, and how it would be root instead.
func writers(k Kind) (writer, orRoot string) {
	switch k {
	case Daemon:
		return "the module's 'uid' (nobody by default)", ", or set 'uid = root' in rsyncd.conf"
	case SSH:
		return "the user that ssh logs in as", ", or log in as root"
	}
	return "the user that runs rsync here (module key 'user')", ", or let it run as root"
}

// knownName is what known_hosts calls a host.
func knownName(t Target) string {
	if t.Port == 0 || t.Port == sshPort {
		return t.Host
	}
	return "[" + strings.Trim(t.Host, "[]") + "]:" + strconv.Itoa(t.Port)
}

// wording compiles a pattern for a line without "rsync: [role] " and names.
func wording(pattern string) *regexp.Regexp { return regexp.MustCompile(pattern) }
