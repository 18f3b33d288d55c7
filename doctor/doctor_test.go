package doctor

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/syncsvc/syncsvc/config"
	"github.com/syncsvc/syncsvc/rsync/rsyncd"
)

func TestHealthyModule(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.write("www/index.html", "hello")
	backup := s.folder("backup")
	d := s.daemon(rsyncd.Module{Name: "m", Path: backup})
	ssh := s.sshd()
	m := s.module("www", fmt.Sprintf(`
watch: DIR/www
exclude: ["*.swp", "/index.html"]
targets:
  - %s
  - DIR/copy
  - url: ssh://%s@%s:%d%s
    ssh: {identity_file: %s, known_hosts: %s}
`, d.URL("m"), ssh.User, ssh.Host, ssh.Port, s.folder("over-ssh"), ssh.IdentityFile, ssh.KnownHosts))
	var streamed []Finding
	got := s.check(Options{Modules: []*config.Module{m}, Found: func(f Finding) { streamed = append(streamed, f) }})
	if diff := cmp.Diff(got, streamed); diff != "" {
		t.Errorf("streamed (-result +streamed):\n%s", diff)
	}
	for _, f := range got {
		if f.Level == Bad || f.Level == Warn && f.Module != "" && f.What != "backend" { // others use up the kernel's limits
			t.Errorf("%+v", f)
		}
	}
	s.want(got, "rsync", OK, "rsync here is 3.")
	s.want(got, "source", OK, "files in 1 folder")
	if f := s.find(got, "backend"); !strings.Contains(f.Message, "fy") && f.Hint == "" {
		t.Errorf("%+v", f)
	}
	s.want(got, "filters", OK, `exclude "*.swp"`)
	s.want(got, "writable", OK, "will be made")
	s.want(got, "clock", OK, "ours")
	s.want(got, "rsync there", OK, "protocol")
	s.want(got, "rsync there", OK, "rsync there is 3.")
	s.want(got, "free space", OK, "free")
	s.want(got, "free space", Unknown, "does not tell")
	s.want(got, "TCP_NODELAY", Unknown, "does not tell")
	s.find(got, "inotify watches")
	s.find(got, "inotify instances")
	s.find(got, "event queue")
	for _, folder := range []string{backup, filepath.Join(s.dir, "over-ssh")} {
		if left, err := os.ReadDir(folder); err != nil || len(left) > 0 {
			t.Errorf("left in %s: %v, %v", folder, left, err)
		}
	}
	if Worst(got) == Bad {
		t.Error("all is well, but the worst is bad")
	}
}

func TestTargetsThatCannotWork(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.folder("www")
	backup := s.folder("backup")
	s.must(os.Chmod(filepath.Dir(s.dir), 0o755))
	s.must(os.Chmod(s.dir, 0o755))
	d := s.daemon(
		rsyncd.Module{Name: "m", Path: backup},
		rsyncd.Module{Name: "ro", Path: backup, ReadOnly: true},
		rsyncd.Module{Name: "auth", Path: backup, AuthUsers: map[string]string{"bob": "word"}},
		rsyncd.Module{Name: "nobody", Path: backup, Extra: []string{"uid = 65534", "gid = 65534"}},
		rsyncd.Module{Name: "gone", Path: "/no/such/folder"},
	)
	ssh := s.sshd()
	onSSH := fmt.Sprintf("ssh://%s@%s:%d/%s", ssh.User, ssh.Host, ssh.Port, backup)
	for _, c := range []struct {
		target, what, says, hint string
	}{
		{d.URL("none"), "module", "Unknown module", "syncsvc rsyncd-conf"},
		{d.URL("ro"), "writable", "read only", "read only = no"},
		{strings.Replace(d.URL("auth"), "//", "//bob@", 1), "login", "auth failed", "password_file"},
		{d.URL("nobody"), "writable", "Permission denied", "uid = root"},
		{d.URL("gone"), "module", "failed", "folder"},
		{"rsync://127.0.0.1:1/m", "reachable", "refused", "systemctl enable --now rsync"},
		{"rsync://no.such.host.invalid/m", "reachable", "look up no.such.host.invalid: ", "getent"},
		{onSSH, "login", "Host key verification failed", "ssh-keyscan"},
		{"/no/such/disk/backup", "writable", "nor the folder above", "mounted"},
	} {
		m := s.module("www", "watch: DIR/www\ntargets: ["+c.target+"]\n")
		got := s.check(Options{Modules: []*config.Module{m}})
		f := s.want(got, c.what, Bad, c.says)
		if !strings.Contains(f.Hint, c.hint) || f.Target != c.target || f.Module != "www" {
			t.Errorf("%s: %+v, want a hint with %q", c.target, f, c.hint)
		}
		if Worst(got) != Bad {
			t.Errorf("%s: the worst is %s", c.target, Worst(got))
		}
	}
	if left, err := os.ReadDir(backup); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestProbeFileThatStaysIsNamed(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.folder("www")
	d := s.daemon(rsyncd.Module{Name: "m", Path: s.folder("backup"), Extra: []string{"refuse options = delete"}})
	m := s.module("www", "watch: DIR/www\ntargets: ["+d.URL("m")+"]\ndelete: false\n")
	got := s.check(Options{Modules: []*config.Module{m}})
	s.want(got, "probe file", Warn, ".syncsvc-probe-")
	s.want(got, "writable", OK, "written")
}

func TestConfigurationIsRepeated(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.write("word", "secret\n")
	s.must(os.Chmod(filepath.Join(s.dir, "word"), 0o644))
	m := s.module("www", "watch: DIR/not-there\ntargets: [rsync://bob@127.0.0.1:1/m]\npassword_file: DIR/word\nrsync: {args: [-au]}\n")
	got := s.check(Options{Modules: []*config.Module{m}})
	s.want(got, "source", Bad, "not-there: no such file")
	f := s.want(got, "password file", Bad, "mode 644")
	if !strings.Contains(f.Hint, "chmod 600") {
		t.Errorf("hint %q", f.Hint)
	}
	s.want(got, "configuration", Warn, "-u")
	s.want(got, "writable", Unknown, "not tried")
}

func TestRuleThatPointsNowhereIsTold(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.write("www/cache/x", "")
	s.write("www/a.tmp", "")
	m := s.module("www", `
watch: DIR/www
targets: [DIR/copy]
filter: ["- /cashe/", "P *.keep"]
exclude: ["/cache/", "*.tmp", "*.swp"]
exclude_regex: ['never.*']
`)
	got := s.check(Options{Modules: []*config.Module{m}})
	var warned []string
	for _, f := range got {
		if f.What == "filters" && f.Level == Warn {
			warned = append(warned, f.Message)
		}
	}
	if len(warned) != 1 || !strings.Contains(warned[0], "/cashe/") || !strings.Contains(warned[0], "www.yaml:4") {
		t.Errorf("warned of %q", warned)
	}
	f := s.want(got, "filters", OK, "*.swp")
	if !strings.Contains(f.Message, "never.*") || strings.Contains(f.Message, "*.tmp") {
		t.Errorf("%q", f.Message)
	}
}

func TestTargetsAreTriedAsTheModulesUser(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		t.Skip("needs root to be somebody else")
	}
	s := newSite(t)
	s.folder("www")
	s.must(os.Chmod(filepath.Dir(s.dir), 0o755))
	s.must(os.Chmod(s.dir, 0o755))
	ours, theirs := s.folder("ours"), s.folder("theirs")
	s.must(os.Chown(theirs, 65534, 65534))
	m := s.module("www", "watch: DIR/www\ntargets: ["+ours+", "+theirs+"]\nuser: nobody\n")
	got := s.check(Options{Modules: []*config.Module{m}})
	s.want(got, "user", OK, "runs as nobody")
	if f := s.want(got, "writable", Bad, "Permission denied"); f.Target != ours {
		t.Errorf("%+v", f)
	}
	if f := s.want(got, "writable", OK, "written"); f.Target != theirs {
		t.Errorf("%+v", f)
	}
	m = s.module("www", "watch: DIR/www\ntargets: ["+ours+"]\nuser: no-such-user\n")
	s.want(s.check(Options{Modules: []*config.Module{m}}), "user", Bad, "no-such-user")
}

func TestModulesSideBySide(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.folder("a/inner")
	s.folder("b")
	outer := s.module("outer", "watch: DIR/a\ntargets: [DIR/b/copy]\n")
	inner := s.module("inner", "watch: DIR/a/inner\ntargets: [DIR/c]\n")
	back := s.module("back", "watch: DIR/b\ntargets: [DIR/a/back]\n")
	got := s.check(Options{Modules: []*config.Module{outer}, Others: []*config.Module{inner, back}})
	f := s.want(got, "modules side by side", Warn, `which module "inner" watches`)
	if !strings.Contains(f.Hint, `"/inner"`) {
		t.Errorf("hint %q", f.Hint)
	}
	s.want(got, "modules side by side", Bad, "mirrors it back")
}

func TestOtherMirrorsAreFound(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.must(os.MkdirAll(filepath.Join(s.root, "etc"), 0o755))
	s.must(os.WriteFile(filepath.Join(s.root, "etc/rc.local"), []byte("#!/bin/sh\n/usr/local/sersync/sersync2 -d -r -o /etc/confxml.xml\n"), 0o755))
	got := s.check(Options{})
	f := s.want(got, "other mirrors", Warn, "/etc/rc.local:2 starts sersync2")
	if !strings.Contains(f.Hint, "takeover") {
		t.Errorf("hint %q", f.Hint)
	}
}

func TestWhatIsInterruptedIsUnknown(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.folder("www")
	m := s.module("www", "watch: DIR/www\ntargets: [DIR/copy]\n")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, f := range Check(ctx, Options{Modules: []*config.Module{m}, Root: s.root}) {
		if f.Level != Unknown {
			t.Errorf("%+v", f)
		}
	}
}

func TestFindingsAreJSON(t *testing.T) {
	got, err := json.Marshal(Finding{Module: "www", What: "source", Level: OK, Message: "well"})
	if want := `{"module":"www","what":"source","level":"ok","message":"well"}`; err != nil || string(got) != want {
		t.Errorf("%s, %v", got, err)
	}
}
