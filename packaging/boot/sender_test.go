package boot_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/syncsvc/syncsvc/control"
)

// trio are the modules of a sender. Each mirrors /srv/NAME.
var trio = []string{"www", "bbs", "blog"}

const passwordFile = "/etc/backup.password"

// sender is a machine that mirrors three folders to a receiver.
type sender struct {
	*machine
	receiver *receiver
	written  int
}

// newSender connects a machine to a receiver. There is something in each folder
// already; no module is set up.
func newSender(m *machine) *sender {
	m.t.Helper()
	s := &sender{machine: m, receiver: newReceiver(m.t, m.network, m.dir, trio...)}
	m.write(passwordFile, receiverPassword+"\n")
	if err := os.Chmod(m.path(passwordFile), 0o600); err != nil {
		m.t.Fatal(err)
	}
	for _, name := range trio {
		m.write("/srv/"+name+"/first", "there before\n")
		m.write("/srv/"+name+"/quiet/file", "never touched again\n")
	}
	return s
}

// addModules sets up all three as an operator would, and waits for their
// folders to arrive.
func (s *sender) addModules() {
	s.t.Helper()
	for _, name := range trio {
		s.run("syncsvc", "add-module", name, "--watch", "/srv/"+name, "--target", s.receiver.url(name), "--password-file", passwordFile)
	}
	for _, name := range trio {
		s.arrives(name + "/first")
		s.arrives(name + "/quiet/file")
	}
	s.inSync()
}

// mirrors writes a new file into each folder and waits until all are there.
func (s *sender) mirrors() {
	s.t.Helper()
	s.written++
	file := "written-" + strconv.Itoa(s.written)
	for _, name := range trio {
		s.write("/srv/"+name+"/"+file, "number "+strconv.Itoa(s.written)+"\n")
	}
	for _, name := range trio {
		s.arrives(name + "/" + file)
	}
}

// inSync waits until the service says that everything is there.
func (s *sender) inSync() {
	s.t.Helper()
	s.run("syncsvc", "wait", "--timeout", patience.String())
}

// arrives waits until a file of /srv is at the receiver as it is here.
func (s *sender) arrives(file string) {
	s.t.Helper()
	want := s.read("/srv/" + file)
	s.until(file+" to arrive", func() error {
		got, err := os.ReadFile(s.receiver.path(file))
		if err == nil && string(got) != want {
			err = fmt.Errorf("it says %q, want %q", got, want)
		}
		return err
	})
}

// leaves waits until a file is gone from the receiver.
func (s *sender) leaves(file string) {
	s.t.Helper()
	s.until(file+" to be deleted", func() error {
		_, err := os.Lstat(s.receiver.path(file))
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return fmt.Errorf("it is still there (%v)", err)
	})
}

// delete removes a file of /srv.
func (s *sender) delete(file string) {
	s.t.Helper()
	if err := os.Remove(s.path("/srv/" + file)); err != nil {
		s.t.Fatal(err)
	}
}

// strays are files at the receiver that the sender does not have. A full sync
// would delete them, and nothing else would: their folder does not change.
const stray = "/quiet/stray"

// settledAfter is the age at which a checkpoint of a module that mirrors is past
// a folder by more than the two seconds by which every scan starts early. What
// is younger is listed again after a restart, and that removes strays, too.
const settledAfter = 8 * time.Second

// plantStrays makes a full sync visible.
func (s *sender) plantStrays() {
	s.t.Helper()
	for _, name := range trio {
		s.untilOld("/srv/" + name + path.Dir(stray))
		if err := os.WriteFile(s.receiver.path(name+stray), []byte("stray\n"), 0o644); err != nil {
			s.t.Fatal(err)
		}
	}
}

// untilOld waits until a folder is as old as settledAfter.
func (s *sender) untilOld(folder string) {
	s.t.Helper()
	s.until(folder+" has not changed lately", func() error {
		info, err := os.Lstat(s.path(folder))
		if err != nil {
			return err
		}
		if changed := info.Sys().(*syscall.Stat_t).Ctim; time.Since(time.Unix(changed.Unix())) < settledAfter {
			return fmt.Errorf("it changed at %s", time.Unix(changed.Unix()))
		}
		return nil
	})
}

// noFullSync checks that all modules are in sync and that no full sync brought
// them there; and that one would have shown.
func (s *sender) noFullSync() {
	s.t.Helper()
	s.inSync()
	s.pids()
	for _, m := range s.overview().Modules {
		if m.Status == nil {
			s.t.Errorf("module %s tells nothing of itself", m.Name)
			continue
		}
		for _, target := range m.Status.Targets {
			if target.Counters.FullSyncs != 0 {
				s.t.Errorf("module %s made a full sync", m.Name)
			}
		}
	}
	for _, name := range trio {
		if _, err := os.Lstat(s.receiver.path(name + stray)); err != nil {
			s.t.Errorf("the stray file of %s is gone, so there was a full sync: %v", name, err)
		}
	}
	s.run("syncsvc", "sync", trio[0])
	s.leaves(trio[0] + stray)
}

// overview is what "syncsvc status --json" tells.
func (s *sender) overview() control.Overview {
	s.t.Helper()
	o, err := s.askOverview()
	if err != nil {
		s.t.Fatal(err)
	}
	return o
}

func (s *sender) askOverview() (control.Overview, error) {
	var o control.Overview
	out, err := s.try("sh", "-c", "syncsvc status --json 2>/tmp/remarks || { cat /tmp/remarks >&2; exit 1; }")
	if syntax := json.Unmarshal([]byte(out), &o); syntax != nil {
		return o, fmt.Errorf("syncsvc status --json: %w: %q", errors.Join(err, syntax), out)
	}
	return o, nil
}

// pids are the processes of the service: the supervisor's under "", an instance's
// under the name of its module.
type pids map[string]int

// pids waits until the supervisor and all instances run, each once.
func (s *sender) pids() pids {
	s.t.Helper()
	var p pids
	s.until("one supervisor and one process a module", func() error {
		o, err := s.askOverview()
		if err != nil {
			return err
		}
		p = pids{"": o.Pid}
		for _, m := range o.Modules {
			if m.State != control.Live || m.Pid == 0 {
				return fmt.Errorf("module %s is %s: %s", m.Name, m.State, m.Reason)
			}
			p[m.Name] = m.Pid
		}
		if len(o.Modules) != len(trio) {
			return fmt.Errorf("%d modules, want %d", len(o.Modules), len(trio))
		}
		return s.noStrangers(p)
	})
	return p
}

// noStrangers compares what runs with what the service knows of.
func (s *sender) noStrangers(known pids) error {
	running, err := s.processes()
	if err != nil {
		return err
	}
	var want []int
	for _, pid := range known {
		want = append(want, pid)
	}
	slices.Sort(want)
	if !slices.Equal(running, want) {
		return fmt.Errorf("processes %v run, the service knows of %v", running, want)
	}
	return nil
}

// processes are all of the service, in order. A command line that happens to be
// running, as the one that asks, is none.
func (s *sender) processes() ([]int, error) {
	out, err := s.try("sh", "-c", `for p in /proc/[0-9]*; do
		tr '\0' ' ' < $p/cmdline | grep -qE '^[^ ]*(syncsvc|sersync2?) (run|instance|sersync|-)' && echo ${p#/proc/}
	done 2>/dev/null; :`)
	if err != nil {
		return nil, fmt.Errorf("list processes: %w: %s", err, out)
	}
	var found []int
	for field := range strings.FieldsSeq(out) {
		pid, err := strconv.Atoi(field)
		if err != nil {
			return nil, fmt.Errorf("list processes: %q", out)
		}
		found = append(found, pid)
	}
	slices.Sort(found)
	return found, nil
}

// nothingRuns waits until no process of the service is left.
func (s *sender) nothingRuns() {
	s.t.Helper()
	s.until("everything to have ended", func() error {
		running, err := s.processes()
		if err == nil && len(running) > 0 {
			err = fmt.Errorf("processes %v run", running)
		}
		return err
	})
}

// unit asks systemd for a property of the service.
func (s *sender) unit(property string) string {
	s.t.Helper()
	return strings.TrimSpace(s.run("systemctl", "show", "--value", "--property="+property, "syncsvc"))
}

// is checks what "systemctl is-active" or "is-enabled" says.
func (s *sender) is(verb, want string) {
	s.t.Helper()
	out, _ := s.try("systemctl", "is-"+verb, "syncsvc")
	if got := strings.TrimSpace(out); got != want {
		s.t.Errorf("systemctl is-%s says %q, want %q", verb, got, want)
	}
}

// install installs a Debian package, without a terminal as always.
func (s *sender) install(file string) string {
	s.t.Helper()
	return s.run("dpkg", "--install", s.copyIn(file))
}

// moduleFile is where add-module writes.
func moduleFile(name string) string { return filepath.Join("/etc/syncsvc/conf.d", name+".yaml") }
