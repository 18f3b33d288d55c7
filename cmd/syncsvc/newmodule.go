package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/syncsvc/syncsvc/config"
	"github.com/syncsvc/syncsvc/templates"
)

// newModule is what somebody asks a module to be.
type newModule struct {
	name         string
	watch        string
	targets      []string
	passwordFile string
	threads      int
	fullSync     string
	excludes     []string
	disabled     bool
}

// complete turns what was typed into what belongs in a file.
func (n *newModule) complete() error {
	const example = "syncsvc add-module www --watch /srv/www --target rsync://backup@10.0.0.8/www"
	if err := config.CheckName(n.name); err != nil {
		return usage(example, "%v", err)
	}
	switch {
	case n.watch == "":
		return usage(example, "which folder? --watch is missing")
	case len(n.targets) == 0:
		return usage(example, "where to? --target is missing")
	}
	for _, path := range []*string{&n.watch, &n.passwordFile} {
		if *path == "" {
			continue
		}
		abs, err := filepath.Abs(*path)
		if err != nil {
			return fmt.Errorf("find %s: %w", *path, err)
		}
		*path = abs
	}
	return nil
}

// text writes the module file.
func (n *newModule) text() ([]byte, error) {
	data := templates.NewModule{Name: n.name, Threads: n.threads, Disabled: n.disabled}
	var q quoter
	data.Watch = q.quote("--watch", n.watch)
	data.PasswordFile = q.quote("--password-file", n.passwordFile)
	data.FullSync = q.quote("--full-sync", n.fullSync)
	for _, url := range n.targets {
		data.Targets = append(data.Targets, q.quote("--target", url))
	}
	for _, pattern := range n.excludes {
		data.Excludes = append(data.Excludes, q.quote("--exclude", pattern))
	}
	if q.err != nil {
		return nil, q.err
	}
	return templates.Render("new-module.yaml", data)
}

// parse reads the text as the file it is to be.
func (n *newModule) parse(path string, text []byte) (*config.Module, error) {
	m, err := config.ParseModule(path, text)
	if err != nil {
		return nil, err
	}
	return m, n.compare(m)
}

// compare makes sure that a module is what was asked for: that nothing was lost
// between the command line and the file.
func (n *newModule) compare(m *config.Module) error {
	var urls, excludes []string
	for _, t := range m.Targets {
		urls = append(urls, t.URL)
		if n.passwordFile != "" && t.Kind == config.Daemon && t.PasswordFile != n.passwordFile {
			return n.lost("--password-file", t.PasswordFile)
		}
	}
	for _, r := range m.Rules {
		excludes = append(excludes, r.Text)
	}
	switch {
	case m.Name != n.name:
		return n.lost("the name", m.Name)
	case m.Watch != filepath.Clean(n.watch):
		return n.lost("--watch", m.Watch)
	case !slices.Equal(urls, n.targets):
		return n.lost("--target", strings.Join(urls, " "))
	case !slices.Equal(excludes, n.excludes):
		return n.lost("--exclude", strings.Join(excludes, " "))
	case n.threads != 0 && m.Threads != n.threads:
		return n.lost("--threads", fmt.Sprint(m.Threads))
	case n.fullSync != "" && string(m.FullSync) != n.fullSync:
		return n.lost("--full-sync", string(m.FullSync))
	case m.Enabled == n.disabled:
		return n.lost("--no-start", fmt.Sprint(m.Enabled))
	}
	return nil
}

func (n *newModule) lost(flag, got string) error {
	return withHint(fmt.Errorf("%s would be read back from the file as %q", flag, got), "write the file by hand; syncsvc config example prints one")
}
