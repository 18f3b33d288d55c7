package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/renameio/v2"
	"github.com/spf13/cobra"

	"github.com/syncsvc/syncsvc/config"
	"github.com/syncsvc/syncsvc/config/sersync"
	"github.com/syncsvc/syncsvc/control"
)

// isSersync reports whether the program was called by a name that sersync has.
// A child of it is not, even if the program itself was renamed.
func isSersync(program string) bool {
	base := filepath.Base(program)
	return (base == "sersync" || base == "sersync2") && os.Getenv(control.LinkEnv) == ""
}

const sersyncHelp = `Sersync understands the command line and the configuration files of sersync. It is
also what runs when syncsvc is called by the name sersync or sersync2.

  -h               this help; nothing else is done
  -d               run in the background; the log is kept, and the process ID
  -r               compare everything with the targets at the start
  -o FILE          the configuration (default confxml.xml in the current folder)
  -n N             rsync processes at a time for each folder, 1 to 1000 (default 10)
  -m PLUGIN        run only this plugin: command, socket, http or refreshCDN

Letters can be bundled: -dro FILE. Every localpath of the file is mirrored. Without
-r nothing is compared at the first start; later on, what changed while it did not
run is sent.

Each file has folders of its own for state, sockets and logs, so that several can
run side by side; they lie in those of syncsvc (--state-dir and so on are set in
` + config.DefaultFile + ` or by SYNCSVC_STATE_DIR and so on). SIGTERM stops it.`

func newSersyncCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:                "sersync [-hdr] [-o FILE] [-n N] [-m PLUGIN]",
		Short:              "Run a configuration of sersync with sersync's command line",
		Long:               sersyncHelp,
		Example:            "  syncsvc sersync -d -r -n 8 -o /usr/local/sersync/confxml.xml\n  sersync2 -dro /usr/local/sersync/confxml.xml",
		DisableFlagParsing: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			f, err := parseSersync(args)
			if err != nil {
				return err
			}
			if f.help {
				return cmd.Help()
			}
			for _, word := range f.ignored {
				a.remark("%q is ignored: it is no option", word)
			}
			return a.runSersync(cmd.Context(), f)
		},
	}
}

// rootHint adds a way out for who is not root: sersync itself went on then.
func rootHint(err error) error {
	if errors.Is(err, fs.ErrPermission) && os.Geteuid() != 0 {
		return withHint(err, "run it as root, or set SYNCSVC_STATE_DIR, SYNCSVC_RUN_DIR and SYNCSVC_LOG_DIR to folders of your own")
	}
	return err
}

// sersyncRun is one configuration of sersync at work.
type sersyncRun struct {
	flags   sersyncFlags
	path    string // of the configuration, absolute
	file    *sersync.File
	modules []*config.Module
	service *config.Service // its folders are its own
}

func (a *app) runSersync(ctx context.Context, f sersyncFlags) error {
	r, err := a.openSersync(f)
	if err != nil {
		return err
	}
	stage := os.Getenv(detachStage)
	if stage == "" {
		if err := r.alone(ctx); err != nil {
			return err
		}
		r.greet(a)
	}
	switch {
	case !f.daemon:
		return rootHint(a.serveSersync(ctx, r))
	case stage == "":
		return rootHint(a.detach(r))
	case stage == stageLeader:
		return passOn()
	}
	return a.daemonSersync(ctx, r)
}

// openSersync reads the configuration and finds its folders.
func (a *app) openSersync(f sersyncFlags) (*sersyncRun, error) {
	path, err := filepath.Abs(f.file)
	if err != nil {
		return nil, fmt.Errorf("find %s: %w", f.file, err)
	}
	full := string(config.FullNever)
	if f.first {
		full = string(config.FullOnStart)
	}
	name := sersyncName(path)
	file, modules, err := config.ReadSersync(path, name, sersync.Options{Plugin: f.plugin, Threads: f.threads, FullSync: full})
	if err != nil {
		return nil, err
	}
	s, err := a.service()
	if err != nil {
		return nil, err
	}
	// Two files of one name in different folders are two services.
	sum := sha256.Sum256([]byte(path + "\x00" + f.plugin))
	own := "sersync-" + name + "-" + hex.EncodeToString(sum[:4])
	s.StateDir, s.RunDir, s.LogDir = filepath.Join(s.StateDir, own), filepath.Join(s.RunDir, own), filepath.Join(s.LogDir, own)
	s.ConfDir, s.ConfDirGiven = filepath.Join(s.StateDir, ".conf.d"), true
	s.Control = config.Control{}
	if s.LogFormat == config.LogAuto {
		s.LogFormat = config.LogText // it is read by people, in files too
	}
	return &sersyncRun{f, path, file, modules, s}, nil
}

// sersyncName is what the modules of a file are called.
func sersyncName(path string) string {
	name := strings.TrimSuffix(filepath.Base(path), ".xml")
	if config.CheckName(name) != nil {
		return "sersync"
	}
	return name
}

// alone refuses to run a configuration a second time, before anything of the
// one that runs is touched. Who starts at the same instant meets its lock.
func (r *sersyncRun) alone(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var v control.Version
	err := control.Dial(control.Socket(r.service.RunDir, control.ServiceName)).Get(ctx, "/v1/version", &v)
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%s runs already, and its process does not answer", r.path)
	}
	if err != nil {
		return nil
	}
	return withHint(fmt.Errorf("%s runs already: process %d", r.path, v.Pid),
		fmt.Sprintf("what is changed in the file takes effect by itself; kill %d stops it, \"syncsvc status --run-dir %s\" shows it", v.Pid, r.service.RunDir))
}

// write puts the modules where a supervisor finds them. They are written anew
// at each start.
func (r *sersyncRun) write() error {
	if err := os.MkdirAll(r.service.ConfDir, 0o750); err != nil {
		return fmt.Errorf("make the folder of module files: %w", err)
	}
	var names []string
	for i, m := range r.modules {
		d := draft{name: m.Name, from: r.path, fields: r.file.Modules[i].Fields}
		if password := r.file.Modules[i].Secret; password != "" {
			file := filepath.Join(r.service.ConfDir, m.Name+".cdn-password")
			if err := renew(file, []byte(password+"\n"), 0o600); err != nil {
				return fmt.Errorf("write a password: %w", err)
			}
			d.fields = withSecret(d.fields, file)
		}
		text, err := d.text()
		if err != nil {
			return err
		}
		names = append(names, m.Name+".yaml")
		if err := renew(filepath.Join(r.service.ConfDir, m.Name+".yaml"), text, moduleFileMode); err != nil {
			return fmt.Errorf("write module %q: %w", m.Name, err)
		}
	}
	old, err := filepath.Glob(filepath.Join(r.service.ConfDir, "*.yaml"))
	for _, file := range old {
		if !slices.Contains(names, filepath.Base(file)) {
			err = errors.Join(err, os.Remove(file))
		}
	}
	return err
}

// renew writes a file unless it says the same already: whoever watches it would
// take that for a change.
func renew(path string, text []byte, mode os.FileMode) error {
	if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, text) {
		return nil
	}
	return renameio.WriteFile(path, text, mode)
}

// serveSersync runs the modules until ctx ends.
func (a *app) serveSersync(ctx context.Context, r *sersyncRun) error {
	if err := r.write(); err != nil {
		return err
	}
	return a.supervise(ctx, r.supervision(a, a.err))
}

// supervision is how the modules are kept. The configuration is followed: what
// is changed in it takes effect at once, unless it has problems.
func (r *sersyncRun) supervision(a *app, logTo io.Writer) supervision {
	reread := func() (*config.Service, error) {
		flags := r.flags
		flags.file = r.path // the current folder is another one by now
		now, err := a.openSersync(flags)
		if err != nil {
			return nil, err
		}
		settings := *r.service
		return &settings, now.write()
	}
	return supervision{settings: r.service, reread: reread, settingsFile: r.path, madeFrom: r.path, logTo: logTo}
}
