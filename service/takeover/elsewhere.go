package takeover

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
)

// place is where else something can be started from. An entry names lines by
// their beginning, and what to do about them.
type place struct {
	pattern string
	command func(line string) string // the command in a line, or ""
	hint    string                   // %s is the file
}

func places() []place {
	crontab, users := "edit %s", "edit it with crontab -e, as that user"
	return []place{
		{"/etc/crontab", cronCommand(true), crontab},
		{"/etc/cron.d/*", cronCommand(true), crontab},
		{"/var/spool/cron/crontabs/*", cronCommand(false), users},
		{"/var/spool/cron/*", cronCommand(false), users},
		{"/etc/systemd/system/*.wants/*.service", after("ExecStart="), "systemctl disable --now %s"},
		{"/etc/init/*.conf", after("exec "), "edit %s"},
		{"/etc/rc3.d/S*", nil, "service %s stop; update-rc.d %[1]s disable"},
		{"/etc/runlevels/*/*", nil, "rc-service %s stop; rc-update --all delete %[1]s"},
		{"/etc/supervisor/conf.d/*", after("command="), "edit %s"},
		{"/etc/supervisord.d/*", after("command="), "edit %s"},
	}
}

// elsewhere finds what starts a mirror without a boot script.
func (r *Report) elsewhere(root string) error {
	f := finder{root: root, depth: 1}
	for _, p := range places() {
		files, err := filepath.Glob(root + p.pattern)
		if err != nil {
			return fmt.Errorf("look at %s: %w", p.pattern, err)
		}
		for _, file := range files {
			if err := r.lookAt(f, p, file); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *Report) lookAt(f finder, p place, file string) error {
	name := file[len(f.root):]
	if p.command == nil {
		r.Elsewhere = append(r.Elsewhere, f.link(p, name)...)
		return nil
	}
	text, err := readStart(followed(f.root, file))
	switch {
	case errors.Is(err, fs.ErrPermission):
		r.Unread = append(r.Unread, name)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("look at %s: %w", name, err)
	}
	r.Elsewhere = append(r.Elsewhere, f.mentions(p, name, text)...)
	return nil
}

func followed(root, file string) string {
	real, err := resolve(root, file)
	if err != nil {
		return file
	}
	return real
}

// mentions returns the lines of a file that start a mirror.
func (f finder) mentions(p place, name, text string) []Mention {
	var all []Mention
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' || line[0] == ';' {
			continue
		}
		for _, c := range parse(p.command(line)).commands {
			if starts := f.starts(c); starts != "" {
				all = append(all, Mention{name, number, line, starts, p.advice(name)})
				break
			}
		}
	}
	return all
}

// link judges a link to an init script by its name.
func (f finder) link(p place, name string) []Mention {
	base := strings.TrimLeft(filepath.Base(name), "S0123456789")
	if !mirror(base) {
		return nil
	}
	return []Mention{{Path: name, Starts: base, Hint: fmt.Sprintf(p.hint, base)}}
}

func (p place) advice(name string) string {
	if !strings.Contains(p.hint, "%s") {
		return p.hint
	}
	if strings.HasSuffix(p.pattern, ".service") {
		name = filepath.Base(name)
	}
	return fmt.Sprintf(p.hint, name)
}

// after returns what follows a key at the beginning of a line.
func after(key string) func(string) string {
	return func(line string) string {
		rest, ok := strings.CutPrefix(strings.ReplaceAll(line, " = ", "="), key)
		if !ok {
			return ""
		}
		return strings.TrimLeft(rest, "-@:+!")
	}
}

// cronCommand takes the times off a line, and in tables of the system the
// user. Not only @reboot counts: people have cron restart what has died.
func cronCommand(withUser bool) func(string) string {
	return func(line string) string {
		skip := 5
		if line[0] == '@' {
			skip = 1
		}
		if withUser {
			skip++
		}
		for range skip {
			_, rest, _ := strings.Cut(strings.ReplaceAll(line, "\t", " "), " ")
			line = strings.TrimLeft(rest, " ")
		}
		return line
	}
}
