package config

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// interpreters run the file that is their first argument, or a text that is
// one; a version may follow the name.
var interpreters = regexp.MustCompile(`^(sh|bash|dash|ash|zsh|ksh|mksh|csh|tcsh|fish|busybox|env|python|perl|ruby|php|node|lua|tclsh|source|su|runuser)[0-9.]*$`)

// remoteShells have a shell on the other host read all of their words.
var remoteShells = regexp.MustCompile(`^(ssh|rsh|slogin|dbclient)$`)

// wrappers run the command that is among their arguments.
var wrappers = regexp.MustCompile(`^(timeout|nice|ionice|chrt|taskset|nohup|setsid|sudo|doas|chroot|stdbuf|flock|xargs|unshare|nsenter|systemd-run|time|exec)$`)

// runsFile reports whether a command runs what has changed, or its name: what
// only knows programs by their names is a guard against mistakes, not against
// whoever writes the configuration.
func runsFile(argv []string) bool {
	if len(argv) == 0 {
		return false
	}
	program, rest := path.Base(argv[0]), argv[1:]
	switch {
	case strings.HasPrefix(argv[0], "{"):
		return true
	case remoteShells.MatchString(program):
		return slices.ContainsFunc(rest, namesPath)
	case wrappers.MatchString(program):
		return wrapped(rest)
	case interpreters.MatchString(program):
		return interprets(strings.HasPrefix(program, "env"), rest)
	}
	return false
}

func namesPath(word string) bool {
	return strings.Contains(word, "{file}") || strings.Contains(word, "{path}") || strings.Contains(word, "{was}")
}

// wrapped looks for the command among the words of a wrapper.
func wrapped(words []string) bool {
	for i, word := range words {
		base := path.Base(word)
		if interpreters.MatchString(base) || remoteShells.MatchString(base) || wrappers.MatchString(base) {
			return runsFile(words[i:])
		}
		if strings.HasPrefix(word, "-") || strings.Contains(word, "=") || quantity.MatchString(word) {
			continue
		}
		return namesPath(word)
	}
	return false
}

// quantity is an argument such as that of timeout.
var quantity = regexp.MustCompile(`^[0-9.]+[a-z]?$`)

// interprets reports whether an interpreter takes the path for a program, or a
// word with the path in it for the program's text.
func interprets(env bool, words []string) bool {
	for i, word := range words {
		if i > 0 && strings.HasPrefix(words[i-1], "-") && namesPath(word) && strings.ContainsAny(word, " \t\n;") {
			return true // as in bash -o pipefail -c "purge {file}"
		}
	}
	for i, word := range words {
		switch {
		case word == "-c" || word == "-e" || word == "-r" || word == "-l":
			// {file} within the program's text would be code, too
			return i+1 < len(words) && namesPath(words[i+1])
		case env && wrappers.MatchString(path.Base(word)), env && remoteShells.MatchString(path.Base(word)):
			return runsFile(words[i:])
		case strings.HasPrefix(word, "-"), env && strings.Contains(word, "="), interpreters.MatchString(path.Base(word)):
		default:
			return namesPath(word)
		}
	}
	return false
}
