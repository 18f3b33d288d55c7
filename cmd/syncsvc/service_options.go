package main

import (
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/syncsvc/syncsvc/config"
	"github.com/syncsvc/syncsvc/service"
)

// installed returns the service that the flags describe.
func (a *app) installed(f *serviceFlags) (*service.Service, error) {
	s, err := a.settingsBelow(f.root)
	if err != nil {
		return nil, err
	}
	o := service.Options{
		Name: f.name, Init: service.Kind(f.init), Force: f.force,
		RunDir: s.RunDir, StateDir: s.StateDir, LogDir: s.LogDir,
		Tell: func(line string) { a.say("%s", line) },
	}
	if f.root != "" {
		if o.Root, err = filepath.Abs(f.root); err != nil {
			return nil, fmt.Errorf("--root: %w", err)
		}
	}
	if o.Program, err = f.programPath(); err != nil {
		return nil, err
	}
	if o.Flags, err = a.givenFlags(); err != nil {
		return nil, err
	}
	return service.New(o)
}

// settingsBelow reads the settings of the system in root, or of this one.
func (a *app) settingsBelow(root string) (*config.Service, error) {
	if root == "" {
		return a.service()
	}
	given := map[string]string{}
	if err := collect(given, a.flags, settingFlags()); err != nil {
		return nil, err
	}
	return config.LoadService(config.ServiceSource{File: a.configFile, Root: root, Flags: given})
}

// programPath returns what the init system is to run. In another system this
// program is taken to be where packages put it.
func (f *serviceFlags) programPath() (string, error) {
	switch {
	case f.program != "":
		abs, err := filepath.Abs(f.program)
		if err != nil {
			return "", fmt.Errorf("--program: %w", err)
		}
		return abs, nil
	case f.root != "":
		return "/usr/bin/syncsvc", nil
	}
	self, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("find this program: %w", err)
	}
	return calledAs(self), nil
}

// calledAs prefers the name in PATH that the program was called by, which may
// be a link: it stays the same when a new version is put behind it.
func calledAs(self string) string {
	name, err := exec.LookPath(os.Args[0])
	if err != nil {
		return self
	}
	if name, err = filepath.Abs(name); err != nil {
		return self
	}
	a, err1 := os.Stat(self)
	b, err2 := os.Stat(name)
	if err1 == nil && err2 == nil && os.SameFile(a, b) {
		return name
	}
	return self
}

// givenFlags are the settings of this command line and environment, for the
// command line in the text: an init system has neither.
func (a *app) givenFlags() ([]string, error) {
	given := map[string]string{}
	if err := collect(given, a.flags, settingFlags()); err != nil {
		return nil, err
	}
	var flags []string
	if a.configFile != "" {
		abs, err := filepath.Abs(a.configFile)
		if err != nil {
			return nil, fmt.Errorf("--config: %w", err)
		}
		flags = append(flags, "--config", abs)
	}
	for _, f := range settingFlags() {
		value := cmp.Or(given[f.key], os.Getenv("SYNCSVC_"+strings.ToUpper(f.key)))
		if value != "" {
			flags = append(flags, "--"+flagName(f.key), value)
		}
	}
	return flags, nil
}
