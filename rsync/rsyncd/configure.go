package rsyncd

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
)

// configure writes rsyncd.conf and the secrets of modules that have any.
func (d *Daemon) configure() error {
	var conf strings.Builder
	fmt.Fprintf(&conf, "port = %d\naddress = %s\n", d.Port, d.options.Address)
	fmt.Fprintf(&conf, "pid file = %s\nlock file = %s\nlog file = %s\n", d.file("pid"), d.file("lock"), d.file("log"))
	conf.WriteString("socket options = TCP_NODELAY\nmunge symlinks = no\nreverse lookup = no\n")
	if os.Getuid() == 0 {
		conf.WriteString("use chroot = yes\nuid = 0\ngid = 0\n")
	} else {
		conf.WriteString("use chroot = no\n")
	}
	writeLines(&conf, d.options.Global)
	for _, m := range d.options.Modules {
		fmt.Fprintf(&conf, "[%s]\npath = %s\nread only = %t\n", m.Name, m.Path, m.ReadOnly)
		if len(m.AuthUsers) > 0 {
			if err := d.writeSecrets(&conf, m); err != nil {
				return err
			}
		}
		writeLines(&conf, m.Extra)
	}
	// A daemon that was killed leaves its pid file, and the next one refuses it.
	_ = os.Remove(d.file("pid"))
	if err := os.WriteFile(d.file("rsyncd.conf"), []byte(conf.String()), 0o600); err != nil {
		return fmt.Errorf("write rsyncd.conf: %w", err)
	}
	return nil
}

func writeLines(conf *strings.Builder, lines []string) {
	for _, line := range lines {
		conf.WriteString(line + "\n")
	}
}

func (d *Daemon) writeSecrets(conf *strings.Builder, m Module) error {
	users := slices.Sorted(maps.Keys(m.AuthUsers))
	var secrets strings.Builder
	for _, user := range users {
		secrets.WriteString(user + ":" + m.AuthUsers[user] + "\n")
	}
	file := d.file(m.Name + ".secrets")
	if err := os.WriteFile(file, []byte(secrets.String()), 0o600); err != nil {
		return fmt.Errorf("write secrets: %w", err)
	}
	fmt.Fprintf(conf, "auth users = %s\nsecrets file = %s\n", strings.Join(users, ", "), file)
	return nil
}
