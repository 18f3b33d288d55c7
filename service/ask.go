package service

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"strconv"
	"strings"
)

// asked is what the init system says of the service.
type asked struct {
	active  bool   // it runs, or is on its way up or down
	words   string // "active (running)", in the init system's own words
	enabled bool   // it starts at boot
	boot    string // "enabled", "disabled", "masked", in its own words
	file    string // the text in force, if the init system tells
	pid     int    // 0 = not known
	dropIns string // files that change the text
}

// ask asks the init system. kardianos is not asked: it takes a service that
// reloads for one that is not installed, and can't read what LSB scripts say.
func (s *Service) ask(ctx context.Context) (asked, error) {
	switch s.scheme.kind {
	case Systemd:
		return s.askSystemd(ctx)
	case Upstart:
		out, err := s.tool(ctx, []string{"initctl", "status", "NAME"})
		enabled := err == nil
		return asked{active: strings.Contains(out, "start/"), words: strings.TrimSpace(out), enabled: enabled, boot: bootWord(enabled)}, nil
	case OpenRC:
		return s.askScript(ctx, "rc-service", "NAME", "status")
	}
	return s.askScript(ctx, "service", "NAME", "status")
}

func (s *Service) askSystemd(ctx context.Context) (asked, error) {
	out, err := s.tool(ctx, []string{
		"systemctl", "show", "NAME.service",
		"--property=LoadState,ActiveState,SubState,UnitFileState,FragmentPath,DropInPaths,MainPID,Result",
	})
	if err != nil {
		return asked{}, fmt.Errorf("ask systemd: %w", err)
	}
	p := map[string]string{}
	for line := range strings.Lines(out) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		p[key] = value
	}
	a := asked{
		words: fmt.Sprintf("%s (%s)", p["ActiveState"], p["SubState"]),
		boot:  p["UnitFileState"], file: p["FragmentPath"], dropIns: p["DropInPaths"],
	}
	a.pid, _ = strconv.Atoi(p["MainPID"])
	a.enabled = strings.HasPrefix(a.boot, "enabled")
	switch p["ActiveState"] {
	case "active", "reloading", "activating", "deactivating":
		a.active = true
	case "failed":
		a.words = "failed: " + p["Result"]
	}
	if p["LoadState"] == "masked" {
		a.boot = "masked"
	}
	return a, nil
}

// askScript asks an init script, whose exit codes are those of the LSB: 0 runs,
// 1 died without a word, 3 stopped. For OpenRC 32 is died.
func (s *Service) askScript(ctx context.Context, argv ...string) (asked, error) {
	var a asked
	enabled, err := s.linked()
	if err != nil {
		return a, err
	}
	a.enabled, a.boot = enabled, bootWord(enabled)
	if !exists(s.Path()) {
		a.words = "not installed"
		return a, nil
	}
	_, err = s.tool(ctx, argv)
	exit, failed := errors.AsType[*exec.ExitError](err)
	switch {
	case err == nil:
		a.active, a.words = true, "started"
	case !failed:
		return a, fmt.Errorf("ask the init script: %w", err)
	case exit.ExitCode() == 3:
		a.words = "stopped"
	case exit.ExitCode() == 1 || exit.ExitCode() == 32:
		a.words = "died"
	default:
		a.words = fmt.Sprintf("not running, exit code %d", exit.ExitCode())
	}
	a.pid = s.notedPid()
	return a, nil
}

func bootWord(enabled bool) string {
	if enabled {
		return "enabled"
	}
	return "disabled"
}

func (s *Service) pidFile() string { return "/run/" + s.Name + ".pid" }

// notedPid returns what the sysv script noted, or 0.
func (s *Service) notedPid() int {
	text, err := os.ReadFile(s.pidFile())
	if err != nil {
		return 0
	}
	pid, _ := strconv.Atoi(strings.TrimSpace(string(text)))
	return pid
}

// linked says whether a link starts the service at boot.
func (s *Service) linked() (bool, error) {
	links, err := s.links()
	for _, l := range links {
		// The kill links of sysv say nothing about the start.
		if s.scheme.kind != Sysv || strings.Contains(l, "/S") {
			return true, nil
		}
	}
	return false, err
}

// links returns every link in the init system's folders that bears the
// service's name, relative to the root.
func (s *Service) links() ([]string, error) {
	root, err := s.open()
	if err != nil {
		return nil, err
	}
	defer root.Close()
	var all []string
	for _, pattern := range s.scheme.strays {
		some, err := fs.Glob(root.FS(), fmt.Sprintf(pattern, s.Name)[1:])
		if err != nil {
			return nil, fmt.Errorf("look for links: %w", err)
		}
		all = append(all, some...)
	}
	return all, nil
}
