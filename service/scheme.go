package service

import (
	"io/fs"
	"strings"

	kardianos "github.com/kardianos/service"
)

// scheme is how an init system keeps its services, and how it is spoken to. In
// commands NAME stands for the service.
type scheme struct {
	kind    Kind
	library string // what kardianos calls it
	option  string // of kardianos: a finished text
	text    string // the template
	path    string // where the text goes; %s is the service
	mode    fs.FileMode
	links   []link   // what makes it start at boot, for systems that do not run
	strays  []string // patterns of such links, wherever they may be
	vendor  []string // where packages put the text, if not at path

	enable, disable      []string
	start, stop, restart []string
	changed              []string // after a text came or went
	forget               []string // after an uninstallation; may fail
	logs                 string   // how people see the last lines
}

// link is a symbolic link; %s is the service.
type link struct{ at, to string }

func schemes() map[Kind]scheme {
	return map[Kind]scheme{Systemd: systemdScheme(), OpenRC: openrcScheme(), Sysv: sysvScheme(), Upstart: upstartScheme()}
}

func systemdScheme() scheme {
	ctl := func(words ...string) []string { return append([]string{"systemctl"}, words...) }
	return scheme{
		kind: Systemd, library: "linux-systemd", option: "SystemdScript",
		text: "init/systemd.service", path: "/etc/systemd/system/%s.service", mode: 0o644,
		links:   []link{{"/etc/systemd/system/multi-user.target.wants/%s.service", ""}},
		strays:  []string{"/etc/systemd/system/*.wants/%s.service"},
		vendor:  []string{"/usr/lib/systemd/system/%s.service", "/lib/systemd/system/%s.service"},
		enable:  ctl("enable", "NAME.service"),
		disable: ctl("disable", "NAME.service"),
		start:   ctl("start", "NAME.service"),
		stop:    ctl("stop", "NAME.service"),
		restart: ctl("restart", "NAME.service"),
		changed: ctl("daemon-reload"),
		forget:  ctl("reset-failed", "NAME.service"),
		logs:    "journalctl -u NAME -n 20",
	}
}

func openrcScheme() scheme {
	return scheme{
		kind: OpenRC, library: "linux-openrc", option: "OpenRCScript",
		text: "init/openrc", path: "/etc/init.d/%s", mode: 0o755,
		links:   []link{{"/etc/runlevels/default/%s", "/etc/init.d/%s"}},
		strays:  []string{"/etc/runlevels/*/%s"},
		enable:  []string{"rc-update", "add", "NAME", "default"},
		disable: []string{"rc-update", "--all", "delete", "NAME"},
		start:   []string{"rc-service", "NAME", "start"},
		stop:    []string{"rc-service", "NAME", "stop"},
		restart: []string{"rc-service", "NAME", "restart"},
		logs:    "tail -n 20 LOG",
	}
}

func sysvScheme() scheme {
	s := scheme{
		kind: Sysv, library: "unix-systemv", option: "SysvScript",
		text: "init/sysv", path: "/etc/init.d/%s", mode: 0o755,
		strays:  []string{"/etc/rc[0-9S].d/[SK][0-9][0-9]%s"},
		enable:  []string{"update-rc.d", "NAME", "defaults"},
		disable: []string{"update-rc.d", "NAME", "disable"},
		start:   []string{"service", "NAME", "start"},
		stop:    []string{"service", "NAME", "stop"},
		restart: []string{"service", "NAME", "restart"},
		forget:  []string{"update-rc.d", "-f", "NAME", "remove"},
		logs:    "tail -n 20 LOG",
	}
	for _, at := range []string{"0.d/K01", "1.d/K01", "2.d/S50", "3.d/S50", "4.d/S50", "5.d/S50", "6.d/K01"} {
		s.links = append(s.links, link{"/etc/rc" + at + "%s", "../init.d/%s"})
	}
	return s
}

func upstartScheme() scheme {
	return scheme{
		kind: Upstart, library: "linux-upstart", option: "UpstartScript",
		text: "init/upstart.conf", path: "/etc/init/%s.conf", mode: 0o644,
		start:   []string{"initctl", "start", "NAME"},
		stop:    []string{"initctl", "stop", "NAME"},
		restart: []string{"initctl", "restart", "NAME"},
		changed: []string{"initctl", "reload-configuration"},
		logs:    "tail -n 20 /var/log/upstart/NAME.log",
	}
}

// argv puts the service's name into a command.
func (s *Service) argv(command []string) []string {
	out := make([]string, len(command))
	for i, word := range command {
		out[i] = strings.ReplaceAll(word, "NAME", s.Name)
	}
	return out
}

// logs returns the command that shows what the service said last.
func (s *Service) logs() string {
	return strings.NewReplacer("NAME", s.Name, "LOG", s.logFile()).Replace(s.scheme.logs)
}

// library returns the service as kardianos sees it, with a text that is all
// ours. The init system is chosen by name: the library's own choice would have
// to be forced, and it is a global.
func (s *Service) library(text []byte) (kardianos.Service, error) {
	for _, system := range kardianos.AvailableSystems() {
		if system.String() == s.scheme.library {
			return system.New(nil, &kardianos.Config{
				Name: s.Name, Executable: s.Program,
				Option: kardianos.KeyValue{s.scheme.option: string(text)},
			})
		}
	}
	return nil, kardianos.ErrNoServiceSystemDetected
}
