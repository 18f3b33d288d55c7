package service

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/syncsvc/syncsvc/templates"
)

// Text returns what the init system reads: a unit, or a script.
func (s *Service) Text() ([]byte, error) {
	data, err := s.data()
	if err != nil {
		return nil, err
	}
	text, err := templates.Render(s.scheme.text, data)
	if err != nil {
		return nil, err
	}
	// kardianos would take it for a template of its own.
	if bytes.Contains(text, []byte("{{")) {
		return nil, Hinted{fmt.Errorf("a path has {{ in it"), "use a path without"}
	}
	return text, nil
}

// Rotation returns what logrotate needs for a service whose output goes to a
// file; nil where the init system keeps it.
func (s *Service) Rotation() ([]byte, error) {
	if s.scheme.kind != OpenRC && s.scheme.kind != Sysv {
		return nil, nil
	}
	data, err := s.data()
	if err != nil {
		return nil, err
	}
	return templates.Render("init/logrotate", data)
}

func (s *Service) rotationPath() string { return "/etc/logrotate.d/" + s.Name }

// logFile is where the service's output goes when no journal takes it. The name
// is none that the service gives to a log of its own.
func (s *Service) logFile() string { return filepath.Join(s.LogDir, "syncsvc.out") }

// data quotes everything as the text wants it.
func (s *Service) data() (templates.Init, error) {
	quote := shellWord
	if s.scheme.kind == Systemd {
		quote = unitWord
	}
	d := templates.Init{Name: s.Name, Program: quote(s.Program), Log: quote(s.logFile())}
	if s.scheme.kind == Systemd {
		if strings.ContainsAny(s.Program, `"'\`) {
			return d, Hinted{fmt.Errorf("systemd runs no program with quotes or backslashes in its name: %s", s.Program), "move it"}
		}
		d.Program = strings.ReplaceAll(d.Program, "$$", "$") // no variables there
	}
	for _, word := range append([]string{s.Program, s.RunDir, s.StateDir, s.LogDir}, s.Flags...) {
		if i := strings.IndexFunc(word, func(r rune) bool { return r < ' ' || r == 0x7f }); i >= 0 {
			return d, Hinted{fmt.Errorf("%q has a control character, which no init system takes", word), "choose another path"}
		}
	}
	for _, flag := range s.Flags {
		d.Flags += " " + quote(flag)
	}
	if d.Flags != "" && s.scheme.kind == OpenRC {
		d.Quoted = shellWord(d.Flags[1:])
	}
	d.Folders = s.folders()
	return d, nil
}

// folders are what the init system makes before the start. The unit can only
// name those in the usual places; others the service makes for itself.
func (s *Service) folders() []string {
	if s.scheme.kind != Systemd {
		return []string{shellWord(s.RunDir), shellWord(s.StateDir), shellWord(s.LogDir)}
	}
	var lines []string
	for _, f := range []struct{ dir, above, key string }{
		{s.RunDir, "/run", "RuntimeDirectory"}, {s.StateDir, "/var/lib", "StateDirectory"}, {s.LogDir, "/var/log", "LogsDirectory"},
	} {
		if name := filepath.Base(f.dir); filepath.Dir(f.dir) == f.above && unitWord(name) == name {
			lines = append(lines, f.key+"="+name, f.key+"Mode=0750")
		}
	}
	return lines
}

// plain are the characters that mean nothing to a shell or to systemd.
const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:,=@+"

func isPlain(word string) bool { return word != "" && strings.Trim(word, plain) == "" }

// shellWord quotes a word for sh.
func shellWord(word string) string {
	if isPlain(word) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// unitWord quotes a word for a command line in a unit, where % and $ mean
// something too.
func unitWord(word string) string {
	if isPlain(word) {
		return word
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "%", "%%", "$", "$$").Replace(word) + `"`
}
