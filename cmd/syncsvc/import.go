package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/syncsvc/syncsvc/config"
)

// importing is one import.
type importing struct {
	name            string
	dryRun, noStart bool
}

// imported is a module that another program's configuration has become.
type imported struct {
	module *config.Module
	path   string // of the file it is to have
	text   []byte
	secret *passwordFile
}

// passwordFile is what does not belong in a module file.
type passwordFile struct{ path, text string }

// report says what became of a file, in lines for people.
type importReport struct {
	became, changed []string
}

func newImportCommand(a *app) *cobra.Command {
	var im importing
	cmd := &cobra.Command{
		Use:   "import FILE...",
		Short: "Make module files of configurations of sersync and lsyncd",
		Long: `Import reads confxml.xml files of sersync, or lsyncd.conf.lua files of lsyncd, and
writes a module file with comments for each folder that they mirror: NAME.yaml,
NAME-2.yaml and so on. NAME is the file's name unless --name is given. An existing
file is never overwritten, and all are written or none.

It reports what became of each setting, and in one line each where the meaning is
another one. Regular expressions become rsync patterns where those say exactly the
same. A file of lsyncd is run as the program that it is, but without access to
files and processes, for 5 seconds at most.

A running service starts the modules at once; with --no-start they say "enabled:
false". Stop sersync or lsyncd first. Files of sersync also work as they are: copy
one to conf.d/NAME.xml.

Exit codes: 0 when all is written, 1 when a name is taken, 2 for a wrong command
line, 6 when a file has problems.`,
		Example: "  syncsvc import /usr/local/sersync/conf/confxml.xml --name bbs --dry-run\n  syncsvc import /etc/lsyncd/lsyncd.conf.lua",
		RunE: func(cmd *cobra.Command, args []string) error {
			example := cmd.CommandPath() + " /usr/local/sersync/confxml.xml"
			switch {
			case len(args) == 0:
				return usage(example, "which file?")
			case len(args) > 1 && im.name != "":
				return usage("import them one by one", "--name is for one file")
			}
			return a.importFiles(args, im)
		},
	}
	cmd.Flags().StringVar(&im.name, "name", "", "call the (first) module `NAME`; by default as the file")
	cmd.Flags().BoolVar(&im.dryRun, "dry-run", false, "print the files and the report instead of writing")
	cmd.Flags().BoolVar(&im.noStart, "no-start", false, "write the modules disabled, so that they are not started")
	return cmd
}

func (a *app) importFiles(files []string, im importing) error {
	s, err := a.service()
	if err != nil {
		return err
	}
	var all []imported
	for _, file := range files {
		list, report, err := im.read(file, s.ConfDir)
		if err != nil {
			return err
		}
		a.showReport(file, report, im.dryRun)
		all = append(all, list...)
	}
	if err := free(all, s); err != nil {
		return err
	}
	if im.dryRun {
		return a.printImported(all)
	}
	if err := writeImported(all, s.ConfDir); err != nil {
		return err
	}
	for _, one := range all {
		a.say("%s: written to %s", one.module.Name, one.path)
	}
	a.say("next: syncsvc check; then stop the old program")
	return nil
}

// read turns one file into modules, by what it is.
func (im importing) read(file, dir string) ([]imported, importReport, error) {
	name := im.name
	if name == "" {
		name = moduleNameOf(file)
	}
	if err := config.CheckName(name); err != nil {
		return nil, importReport{}, usage("give one with --name", "%s: %v", file, err)
	}
	if isLua(file) {
		return im.readLua(file, name, dir)
	}
	return im.readXML(file, name, dir)
}

// moduleNameOf is what a module is called after its file.
func moduleNameOf(file string) string {
	base := filepath.Base(file)
	for _, ending := range []string{".lua", ".xml", ".conf"} {
		base = strings.TrimSuffix(base, ending)
	}
	return base
}

func isLua(file string) bool {
	return strings.HasSuffix(file, ".lua") || strings.Contains(filepath.Base(file), "lsyncd") && !strings.HasSuffix(file, ".xml")
}

// free refuses names that are taken, by modules that are there or in this
// import.
func free(all []imported, s *config.Service) error {
	seen := map[string]bool{}
	for _, one := range all {
		name := one.module.Name
		if files := config.Files(s.ConfDir, name); len(files) > 0 {
			return withHint(fmt.Errorf("module %q is there already: %s", name, files[0]), "give another name with --name, or move that file away; nothing was written")
		}
		if seen[name] {
			return usage("import them one by one, with --name", "two files would make a module %q", name)
		}
		seen[name] = true
	}
	others, _ := s.Modules() // those that cannot be read are in nobody's way
	for i, one := range all {
		rest := others
		for _, other := range all[:i] {
			rest = append(rest[:len(rest):len(rest)], other.module)
		}
		if err := config.Apart(one.module, rest); err != nil {
			return err
		}
	}
	return nil
}

// writeImported writes all files, or none.
func writeImported(all []imported, dir string) (err error) {
	if err := os.MkdirAll(dir, confDirMode); err != nil {
		return fmt.Errorf("make the folder of module files: %w", err)
	}
	var written []string
	defer func() {
		for _, path := range written {
			if err != nil {
				err = errors.Join(err, os.Remove(path))
			}
		}
	}()
	for _, one := range all {
		if one.secret != nil {
			if err := writeNew(one.secret.path, []byte(one.secret.text+"\n"), 0o600); err != nil {
				return err
			}
			written = append(written, one.secret.path)
		}
		if err := writeNew(one.path, one.text, moduleFileMode); err != nil {
			return err
		}
		written = append(written, one.path)
	}
	return nil
}

func (a *app) printImported(all []imported) error {
	for i, one := range all {
		if len(all) > 1 {
			a.say("# ---- %s", one.path)
		}
		if err := a.write(string(one.text)); err != nil {
			return err
		}
		if i < len(all)-1 {
			a.say("")
		}
	}
	return nil
}

// showReport says what became of a file: on stderr when stdout is for the
// module files.
func (a *app) showReport(file string, r importReport, aside bool) {
	out := a.out
	if aside {
		out = a.err
	}
	fmt.Fprintf(out, "%s\n", file)
	for _, line := range r.became {
		fmt.Fprintf(out, "  %s\n", line)
	}
	if len(r.changed) > 0 {
		fmt.Fprintf(out, "what is different now:\n")
	}
	for _, line := range r.changed {
		fmt.Fprintf(out, "  %s\n", line)
	}
}
