package guest_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/syncsvc/syncsvc/control"
)

// modules are mirrored from /srv/NAME to /backup/NAME by way of the rsync daemon
// that Debian's rsync package brings. Each has what is special about it.
var modules = map[string]string{
	"www":  "", // no limit
	"bbs":  "memory_max: 96m\nhooks:\n  - command: [" + hog + "]\n    include: [/" + bait + "]\n",
	"docs": "memory_max: 32m\nbackend: fanotify\n", // the least that there may be
}

// limits are what the kernel is to be told of memory_max.
var limits = map[string]string{"www": "max", "bbs": "100663296", "docs": "33554432"}

const (
	hog  = "/usr/local/bin/hog"
	bait = "bait" // the file whose arrival calls the hog
	// feast fills memory once, so that the hook's next attempt succeeds.
	feast = "#!/bin/sh\n[ -e /root/eaten ] && exit 0\n: >/root/eaten\nexec tail /dev/zero\n"
)

// receiver sets up the rsync daemon.
func receiver(t *testing.T) {
	t.Helper()
	conf := "uid = root\ngid = root\nnumeric ids = yes\nread only = no\naddress = 127.0.0.1\n"
	for name := range modules {
		conf += fmt.Sprintf("[%s]\npath = /backup/%[1]s\n", name)
		write(t, filepath.Join("/backup", name, ".keep"), "", 0o600)
	}
	write(t, "/etc/rsyncd.conf", conf, 0o644)
	run(t, "systemctl", "enable", "--now", "rsync.service")
}

// addModules writes the module files; each has a file to begin with.
func addModules(t *testing.T) {
	t.Helper()
	write(t, hog, feast, 0o755)
	for name, more := range modules {
		write(t, filepath.Join("/srv", name, "first.txt"), name, 0o644)
		text := fmt.Sprintf("watch: /srv/%s\ntargets: [\"rsync://127.0.0.1/%[1]s\"]\n%s", name, more)
		write(t, "/etc/syncsvc/conf.d/"+name+".yaml", text, 0o640)
	}
	run(t, "syncsvc", "reload")
}

// overview asks the service; the error is that nobody answers.
func overview() (control.Overview, error) {
	var o control.Overview
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	err := control.Dial("/run/syncsvc/syncsvc.sock").Get(ctx, "/v1/status", &o)
	return o, err
}

// everybody returns all modules by name.
func everybody(t *testing.T) map[string]control.Module {
	t.Helper()
	o, err := overview()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]control.Module{}
	for _, m := range o.Modules {
		all[m.Name] = m
	}
	return all
}

// untilLive waits for all modules to be live with nothing owed.
func untilLive(t *testing.T) map[string]control.Module {
	t.Helper()
	until(t, "all modules are live", func() (bool, string) {
		o, err := overview()
		if err != nil {
			return false, err.Error()
		}
		idle := 0
		var stand []string
		for _, m := range o.Modules {
			if m.State == control.Live && m.Owed == 0 && m.Status != nil {
				idle++
			}
			stand = append(stand, fmt.Sprintf("%s %s owes %d %s", m.Name, m.State, m.Owed, m.Reason))
		}
		return idle == len(modules), strings.Join(stand, "; ")
	})
	return everybody(t)
}

// untilArrived waits for a file of a module to be on its target.
func untilArrived(t *testing.T, module, path string) {
	t.Helper()
	here, there := filepath.Join("/srv", module, path), filepath.Join("/backup", module, path)
	want := read(t, here)
	until(t, here+" is at "+there, func() (bool, string) {
		got, err := os.ReadFile(there)
		return err == nil && strings.TrimSpace(string(got)) == want, fmt.Sprint(err)
	})
}

// mirrors writes a file in a module and waits for it to arrive.
func mirrors(t *testing.T, module, path string) {
	t.Helper()
	write(t, filepath.Join("/srv", module, path), path, 0o644)
	untilArrived(t, module, path)
}
