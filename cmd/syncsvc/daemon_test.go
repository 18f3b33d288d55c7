package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/syncsvc/syncsvc/rsync/rsyncd"
	"github.com/syncsvc/syncsvc/rsync/sshd"
)

// daemon runs an rsync daemon until the script ends, and puts its URL into a
// variable, the host with its port into VAR_HOST and the port into VAR_PORT: daemon VAR MODULE=DIR[,key=value]... where "_" in a key is a blank,
// and user=NAME:PASSWORD stands for one who may write.
func daemon(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: daemon VAR MODULE=DIR[,key=value]...")
	}
	o := rsyncd.Options{Dir: ts.MkAbs("." + args[0])}
	ts.Check(os.MkdirAll(o.Dir, 0o755))
	for _, arg := range args[1:] {
		words := strings.Split(arg, ",")
		name, dir, _ := strings.Cut(words[0], "=")
		m := rsyncd.Module{Name: name, Path: ts.MkAbs(dir)}
		for _, word := range words[1:] {
			key, value, _ := strings.Cut(word, "=")
			if user, password, ok := strings.Cut(value, ":"); ok && key == "user" {
				m.AuthUsers = map[string]string{user: password}
				continue
			}
			m.Extra = append(m.Extra, strings.ReplaceAll(key, "_", " ")+" = "+value)
		}
		o.Modules = append(o.Modules, m)
	}
	d, err := rsyncd.Start(o)
	ts.Check(err)
	ts.Defer(d.Kill)
	url := strings.TrimSuffix(d.URL(""), "/")
	ts.Setenv(args[0], url)
	ts.Setenv(args[0]+"_HOST", strings.TrimPrefix(url, "rsync://"))
	ts.Setenv(args[0]+"_PORT", fmt.Sprint(d.Port))
}

// sshServer runs an ssh server until the script ends: sshserver VAR puts its
// URL into $VAR, and files for it into $VAR_KEY and $VAR_HOSTS.
func sshServer(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: sshserver VAR")
	}
	dir := ts.MkAbs("." + args[0])
	ts.Check(os.MkdirAll(dir, 0o755))
	s, err := sshd.Start(dir)
	ts.Check(err)
	ts.Defer(s.Stop)
	ts.Setenv(args[0], fmt.Sprintf("ssh://%s@%s:%d", s.User, s.Host, s.Port))
	ts.Setenv(args[0]+"_KEY", s.IdentityFile)
	ts.Setenv(args[0]+"_HOSTS", s.KnownHosts)
}
