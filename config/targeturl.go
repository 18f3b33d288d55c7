package config

import (
	"fmt"
	"net/netip"
	"path"
	"regexp"
	"strconv"
	"strings"
)

const hintURL = "write rsync://[user@]host[:port]/module[/dir], ssh://[user@]host[:port]/path, or an absolute path"

// rsyncNotation is what people know from rsync's command line:
// [user@]host::module/path and [user@]host:path.
var rsyncNotation = regexp.MustCompile(`^([^/:@]+@)?([^/:@]+|\[[0-9A-Fa-f:.%]+\])(::?)([^:]*)$`)

// parseURL reads where a target is; home is the home folder of whoever runs
// syncsvc, or "". A "%XX" stands for one byte, except in a local path, which is
// taken as it is.
func parseURL(s, home string) (Target, *mistake) {
	t := Target{URL: s}
	scheme, rest, found := strings.Cut(s, "://")
	var bad *mistake
	switch {
	case strings.HasPrefix(s, "/"):
		t.Kind = Local
		t.Path, bad = destination(s, home)
	case found && scheme == "rsync":
		t.Kind = Daemon
		bad = t.parseDaemon(rest)
	case found && scheme == "ssh":
		t.Kind = Shell
		bad = t.parseShell(rest)
	default:
		bad = notURL(s)
	}
	return t, bad
}

// notURL says what a text should have been.
func notURL(s string) *mistake {
	scheme, _, found := strings.Cut(s, "://")
	if found {
		return wrong(hintURL, "%q is no way to reach a target", scheme+"://")
	}
	m := rsyncNotation.FindStringSubmatch(s)
	switch {
	case strings.HasPrefix(s, "~"):
		return wrong("write the absolute path", "%q is a home folder, and nobody's shell reads this file", s)
	case m == nil:
		return wrong(hintURL, "%q is not an absolute path", s)
	case m[3] == "::":
		return wrong(fmt.Sprintf("write rsync://%s%s/%s", m[1], m[2], m[4]), "%q is rsync's own notation", s)
	}
	return wrong(fmt.Sprintf("write ssh://%s%s/%s", m[1], m[2], strings.TrimLeft(m[4], "/")), "%q is rsync's own notation", s)
}

func (t *Target) parseDaemon(rest string) *mistake {
	authority, full, _ := strings.Cut(rest, "/")
	if bad := t.parseAuthority(authority); bad != nil {
		return bad
	}
	decoded, bad := decodePath(full)
	if bad != nil {
		return bad
	}
	t.Module, t.Path, _ = strings.Cut(decoded, "/")
	t.Path = strings.Trim(path.Clean("/"+t.Path), "/")
	switch {
	case t.Module == "":
		return wrong("rsync://host/MODULE, a name in [brackets] in the host's rsyncd.conf", "names no module of the daemon")
	case strings.HasPrefix(t.Module, "-"):
		return wrong("", "the module's name begins with a dash")
	}
	return nil
}

func (t *Target) parseShell(rest string) *mistake {
	authority, full, _ := strings.Cut(rest, "/")
	if bad := t.parseAuthority(authority); bad != nil {
		return bad
	}
	decoded, bad := decodePath("/" + full)
	if bad != nil {
		return bad
	}
	t.Path, bad = destination(decoded, "")
	return bad
}

// userName and hostName keep out what ssh or rsync would read as an option, a
// port or another host.
var (
	userName = regexp.MustCompile(`^[A-Za-z0-9_.][A-Za-z0-9_.@+-]*$`)
	hostName = regexp.MustCompile(`^[A-Za-z0-9_]([A-Za-z0-9_.-]*)$`)
)

// parseAuthority reads [user@]host[:port].
func (t *Target) parseAuthority(s string) *mistake {
	host := s
	if i := strings.LastIndexByte(s, '@'); i >= 0 {
		t.User, host = s[:i], s[i+1:]
		if strings.ContainsRune(t.User, ':') {
			return &mistake{"a password does not belong in the URL", "write it to a file with mode 600 and name that in password_file", true}
		}
		if !userName.MatchString(t.User) {
			return wrong("", "%q is not a user name", t.User)
		}
	}
	return t.parseHost(host)
}

func (t *Target) parseHost(s string) *mistake {
	name, port, hasPort := strings.Cut(s, ":")
	if strings.HasPrefix(s, "[") {
		end := strings.IndexByte(s, ']')
		if end < 0 {
			return wrong("", "the address %q has no closing bracket", s)
		}
		name, port = s[1:end], s[end+1:]
		port, hasPort = strings.CutPrefix(port, ":")
		if addr, err := netip.ParseAddr(name); err != nil || !addr.Is6() || (port != "" && !hasPort) {
			return wrong("", "%q is not an IPv6 address in brackets", s)
		}
	} else if strings.Contains(port, ":") {
		return wrong("an IPv6 address goes in brackets: rsync://[fe80::1]/www", "%q is not host[:port]", s)
	} else if !hostName.MatchString(name) {
		return hostMistake(name)
	}
	t.Host = name
	if hasPort {
		return t.parsePort(port)
	}
	return nil
}

func hostMistake(name string) *mistake {
	if name == "" {
		return wrong(hintURL, "names no host")
	}
	return wrong("", "%q is not a host name", name)
}

func (t *Target) parsePort(s string) *mistake {
	n, err := strconv.ParseUint(s, 10, 16)
	if err != nil || n == 0 {
		return wrong("", "port %q is out of range 1..65535", s)
	}
	t.Port = int(n)
	return nil
}

// decodePath replaces each %XX by its byte and refuses what no path of a
// target should have.
func decodePath(s string) (string, *mistake) {
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			out.WriteByte(s[i])
			continue
		}
		b, err := strconv.ParseUint(s[min(i+1, len(s)):min(i+3, len(s))], 16, 8)
		if err != nil || i+3 > len(s) {
			return "", wrong("write %25 for a % itself", "has a %% that two hexadecimal digits do not follow")
		}
		out.WriteByte(byte(b))
		i += 2
	}
	decoded := out.String()
	if strings.ContainsFunc(decoded, isControl) {
		return "", wrong("", "contains a control character")
	}
	return decoded, noDots(decoded)
}

// noDots refuses "..": with symbolic links it does not mean what it seems to.
func noDots(s string) *mistake {
	for _, name := range strings.Split(s, "/") {
		if name == ".." {
			return wrong("write the path without ..", "contains ..")
		}
	}
	return nil
}
