package boot_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The unit is as strict as can be without making a mirror differ.
func TestHardenedUnitMirrorsEveryKindOfFile(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"bookworm", "trixie"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			h := newHardened(t, kind)
			h.module("near", "/srv/copy", "auto")
			h.module("far", h.receiver.url("tree"), "fanotify")
			h.moduleOfNobody("other", h.receiver.url("second"))
			h.run("syncsvc", "reload")
			h.untilEqual("near", "/srv/copy/")
			h.untilEqual("far", h.receiver.url("tree")+"/")
			// Again by events, and not by the first comparison.
			h.more()
			h.untilEqual("near", "/srv/copy/")
			h.untilEqual("far", h.receiver.url("tree")+"/")
			h.untilAlike("other", h.receiver.url("second")+"/", plain)
			h.watchedBy("far", "fanotify")
			h.apart("near", "far", "other")
			h.scored("/usr/lib/systemd/system/syncsvc.service")
		})
	}
}

// The drop-in for hosts that only send is no decoration: it takes away what it
// says, and mirrors all the same.
func TestStrictDropInStillSends(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"bookworm", "trixie"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			h := newHardened(t, kind)
			const dropIn = "/etc/systemd/system/syncsvc.service.d/strict.conf"
			h.run("install", "-D", "-m", "0644", "/usr/share/doc/syncsvc/examples/strict.conf", dropIn)
			h.module("far", h.receiver.url("tree"), "fanotify")
			h.moduleOfNobody("other", h.receiver.url("second"))
			h.sh("systemctl daemon-reload && systemctl restart syncsvc")
			h.untilEqual("far", h.receiver.url("tree")+"/")
			h.more()
			h.untilEqual("far", h.receiver.url("tree")+"/")
			h.untilAlike("other", h.receiver.url("second")+"/", plain)
			h.watchedBy("far", "fanotify")
			h.apart("far", "other")
			h.mayNotWrite("/srv/tree", "/usr/local", "/etc")
			h.scored(dropIn)
		})
	}
}

// hardened is a machine with the package and an awkward tree.
type hardened struct {
	*machine
	receiver *receiver
}

func newHardened(t *testing.T, kind string) hardened {
	t.Helper()
	m := boot(t, kind)
	h := hardened{m, newReceiver(t, m.network, m.dir, "tree", "second")}
	h.run("dpkg", "--install", h.copyIn(deb(t)))
	awkwardTree(t, h.path("/srv/tree"))
	h.write("/etc/rsync.password", receiverPassword)
	h.sh("chmod 600 /etc/rsync.password; mkdir /srv/copy")
	return h
}

// Options of rsync: everything there is, and what is without attributes, some of
// which nobody but root can read.
const (
	complete = "-aHAX"
	plain    = "-a"
)

// module writes a module file for the tree, with options that keep everything.
// It is sent by one rsync at a time: of two that make the same hard link at once,
// one leaves its temporary name behind.
func (h hardened) module(name, target, backend string) {
	h.t.Helper()
	h.moduleFile(name, target, complete, "threads: 1", "backend: "+backend)
}

// moduleOfNobody writes one whose whole process runs as another user.
func (h hardened) moduleOfNobody(name, target string) {
	h.t.Helper()
	h.moduleFile(name, target, plain, "backend: inotify", "user: nobody", "user_runs: instance")
}

func (h hardened) moduleFile(name, target, options string, lines ...string) {
	h.t.Helper()
	lines = append(lines, "watch: /srv/tree", "targets: ["+target+"]", "rsync: {args: ["+options+", --numeric-ids]}")
	if strings.HasPrefix(target, "rsync://") {
		lines = append(lines, "password_file: /etc/rsync.password")
	}
	h.write(moduleFile(name), strings.Join(lines, "\n")+"\n")
}

// more moves another awkward tree in as a whole: hard links come to be only in
// what is sent together.
func (h hardened) more() {
	h.t.Helper()
	awkwardTree(h.t, h.path("/srv/later"))
	if err := os.Rename(h.path("/srv/later"), h.path("/srv/tree/later")); err != nil {
		h.t.Fatal(err)
	}
}

// untilEqual waits until rsync, run by hand with all rights, finds nothing to do.
func (h hardened) untilEqual(module, target string) {
	h.t.Helper()
	h.untilAlike(module, target, complete)
}

// untilAlike is untilEqual for what some options of rsync look at.
func (h hardened) untilAlike(module, target, options string) {
	h.t.Helper()
	h.until(module+" to be equal", func() error {
		out, err := h.try("env", "RSYNC_PASSWORD="+receiverPassword, "rsync", options, "--numeric-ids", "-ni", "--delete", "/srv/tree/", target)
		if err != nil {
			return fmt.Errorf("%w: %s", err, out)
		}
		if out != "" {
			words, _ := h.try("syncsvc", "status", module)
			return fmt.Errorf("they differ:\n%s%s", out, words)
		}
		return nil
	})
}

// status is what is looked at of "syncsvc status".
type status struct {
	Pid     int
	Backend string
	Targets []struct{ Failing int }
}

func (h hardened) status(module string) status {
	h.t.Helper()
	out, _ := h.try("syncsvc", "status", module, "--json") // its exit code is about more
	var s struct{ Status status }
	if err := json.Unmarshal([]byte(out), &s); err != nil {
		h.t.Fatalf("syncsvc status %s --json: %v: %s", module, err, out)
	}
	return s.Status
}

func (h hardened) watchedBy(module, backend string) {
	h.t.Helper()
	s := h.status(module)
	if s.Backend != backend {
		h.t.Errorf("module %s is watched by %q, want %s", module, s.Backend, backend)
	}
	for _, target := range s.Targets {
		if target.Failing > 0 {
			h.t.Errorf("module %s: %d paths fail", module, target.Failing)
		}
	}
}

// apart checks that each module has a control group of its own in the unit's.
func (h hardened) apart(modules ...string) {
	h.t.Helper()
	for _, module := range modules {
		groups := h.sh(fmt.Sprintf("cat /proc/%d/cgroup", h.status(module).Pid))
		own := regexp.MustCompile(`(?m)^0::.*/syncsvc\.service/.*/i-` + module + `$`)
		if !own.MatchString(groups) {
			h.t.Errorf("module %s is not in a control group of its own:\n%s", module, groups)
		}
	}
}

// scored compares what systemd-analyze says with what a comment in the file
// states for this version of systemd.
func (h hardened) scored(file string) {
	h.t.Helper()
	version := regexp.MustCompile(`systemd (\d+)`).FindStringSubmatch(h.run("systemctl", "--version"))
	got := regexp.MustCompile(`exposure level for \S+: ([\d.]+)`).FindStringSubmatch(h.run("systemd-analyze", "security", "--no-pager", "syncsvc.service"))
	if version == nil || got == nil {
		h.t.Fatalf("systemd told neither its version nor the score: %v, %v", version, got)
	}
	stated := got[1] + " with systemd " + version[1]
	if !strings.Contains(h.read(file), stated) {
		h.t.Errorf("systemd-analyze security says %q; %s does not", stated, file)
	}
}

// mayNotWrite asks a process with the service's own rights and mounts.
func (h hardened) mayNotWrite(folders ...string) {
	h.t.Helper()
	for _, folder := range folders {
		_, err := h.try("nsenter", "--mount", "--target", fmt.Sprint(h.status("far").Pid), "touch", filepath.Join(folder, "written"))
		if err == nil {
			h.t.Errorf("the service can write to %s", folder)
		}
		if _, err := os.Stat(h.path(filepath.Join(folder, "written"))); !errors.Is(err, os.ErrNotExist) {
			h.t.Errorf("something was written to %s", folder)
		}
	}
}
