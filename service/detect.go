package service

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	kardianos "github.com/kardianos/service"
)

// detect finds the init system that runs, or that is there below root.
func detect(root string) (Kind, *Hinted) {
	if root != "" {
		return detectBelow(root)
	}
	switch {
	case exists("/run/systemd/system"):
		return Systemd, nil
	case exists("/run/openrc"):
		return OpenRC, nil
	case isUpstart():
		return Upstart, nil
	}
	first, err := os.ReadFile("/proc/1/comm")
	name := strings.TrimSpace(string(first))
	if err == nil && name == "init" && exists("/etc/init.d") {
		return Sysv, nil
	}
	return "", &Hinted{
		fmt.Errorf("%w: process 1 is %q", errNoInit, name),
		`in a container "syncsvc run" is its command; else choose with --init systemd, openrc, sysv or upstart, or prepare another system with --root DIR`,
	}
}

var errNoInit = errors.New("no init system that could start a service")

// isUpstart asks kardianos, which looks for upstart's own programs. Of the
// others it only sees whether they are installed.
func isUpstart() bool {
	for _, s := range kardianos.AvailableSystems() {
		if s.String() == "linux-upstart" {
			return s.Detect()
		}
	}
	return false
}

// detectBelow looks which init system is installed.
func detectBelow(root string) (Kind, *Hinted) {
	for _, sign := range []struct {
		path string
		kind Kind
	}{
		{"lib/systemd/systemd", Systemd},
		{"usr/lib/systemd/systemd", Systemd},
		{"sbin/openrc-run", OpenRC},
		{"usr/sbin/openrc-run", OpenRC},
		{"sbin/upstart-udev-bridge", Upstart},
		{"etc/inittab", Sysv},
		{"etc/systemd/system", Systemd},
		{"etc/init.d", Sysv},
	} {
		if exists(filepath.Join(root, sign.path)) {
			return sign.kind, nil
		}
	}
	if !exists(root) {
		return "", &Hinted{fmt.Errorf("%s: no such folder", root), "--root wants the top folder of another system"}
	}
	return Systemd, nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
