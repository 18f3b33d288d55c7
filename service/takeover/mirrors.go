package takeover

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// maxScript is how many bytes of a script that a boot script calls are read.
const maxScript = 64 << 10

// finder tells which commands start a mirror.
type finder struct {
	root  string // where paths in commands begin
	depth int    // how many scripts deep to look
}

// names are those of programs that mirror, and of scripts around them:
// sersync2, lsyncd, inotifywait, inotify_rsync.sh. Settings such as
// fs.inotify.max_user_watches are none, and neither are files that such a
// program reads or writes.
var (
	names   = regexp.MustCompile(`sersync|lsyncd|^inotify|inotify.*sync|inotify.*\.sh$`)
	noNames = regexp.MustCompile(`\.(conf|xml|lua|log|pid|cfg|ini|status)$|^fs\.inotify`)
)

// mirror says whether a file's name is that of a program that mirrors.
func mirror(path string) bool {
	base := strings.ToLower(filepath.Base(path))
	return names.MatchString(base) && !noNames.MatchString(base)
}

// starts returns what a command starts, or "".
func (f finder) starts(c command) string {
	c = bare(c)
	if len(c) == 0 {
		return ""
	}
	first := filepath.Base(c[0])
	switch {
	case slices.Contains(managers(), first):
		if i := slices.IndexFunc(c[1:], mirror); i >= 0 && asksToStart(c) {
			return filepath.Base(c[1+i])
		}
	case slices.Contains(wrappers(), first):
		for _, word := range c[1:] {
			if s := f.argument(word); s != "" {
				return s
			}
		}
	case mirror(c[0]):
		if asksToStop(c) {
			return ""
		}
		return first
	default:
		return f.inside(c[0])
	}
	return ""
}

// argument looks at a word that a wrapper may run: a program, a script, or
// after -c a line of shell.
func (f finder) argument(word string) string {
	if strings.ContainsAny(word, " ;|&") {
		for _, c := range parse(word).commands {
			if s := f.starts(c); s != "" {
				return s
			}
		}
		return ""
	}
	if mirror(word) && !strings.HasPrefix(word, "-") {
		return filepath.Base(word)
	}
	return f.inside(word)
}

// inside looks into a script that is called by its path.
func (f finder) inside(path string) string {
	if f.depth == 0 || !filepath.IsAbs(path) {
		return ""
	}
	text, err := readStart(filepath.Join(f.root, path))
	if err != nil || !strings.HasPrefix(text, "#!") && filepath.Ext(path) != ".sh" {
		return ""
	}
	_, lines := silence([]byte(text), finder{f.root, f.depth - 1})
	if len(lines) == 0 {
		return ""
	}
	return lines[0].Starts + " in " + path
}

func readStart(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxScript {
		return "", err
	}
	text, err := os.ReadFile(path)
	return string(text), err
}

// assignment is a variable set for one command.
var assignment = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*=`)

// bare takes off what may stand before the word that is run.
func bare(c command) command {
	for len(c) > 0 && (slices.Contains(keywords(), c[0]) || assignment.MatchString(c[0])) {
		c = c[1:]
	}
	return c
}

func keywords() []string {
	return []string{"if", "then", "elif", "else", "while", "until", "do", "{", "!", "time"}
}

// wrappers run what comes among their arguments.
func wrappers() []string {
	return []string{
		"nohup", "setsid", "exec", "eval", "command", "nice", "ionice", "chrt", "taskset", "env", "sudo", "su", "runuser", "chroot",
		"timeout", "flock", "stdbuf", "daemon", "daemonize", "start-stop-daemon", "screen", "tmux", "unshare", "systemd-run",
		"sh", "bash", "dash", "ash", "zsh", "ksh", ".", "source", "python", "python3", "perl", "at",
	}
}

// managers start services by name.
func managers() []string {
	return []string{"service", "systemctl", "rc-service", "initctl", "invoke-rc.d", "start"}
}

func asksToStart(c command) bool {
	return c[0] == "start" || slices.ContainsFunc(c, func(word string) bool {
		return word == "start" || word == "restart" || word == "enable" || word == "try-restart"
	})
}

// asksToStop is for init scripts: /etc/init.d/lsyncd stop.
func asksToStop(c command) bool {
	return len(c) == 2 && (c[1] == "stop" || c[1] == "status")
}
