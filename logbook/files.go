package logbook

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/DeRuina/timberjack"
	"github.com/gofrs/flock"

	"github.com/syncsvc/syncsvc/control"
)

// ErrTwin says that another process logs to the folder already.
var ErrTwin = errors.New("another syncsvc logs to this folder")

// Files says where and how modules log to files: NAME.log for each, and
// syncsvc.log for the service.
type Files struct {
	Dir  string
	Size int64 // bytes at which a file is compressed and put away
	Keep int   // files put away
}

// folder is the open log files. It is used by one goroutine.
type folder struct {
	Files
	lock *flock.Flock
	open map[string]*file // by module
	bad  map[string]bool  // modules whose file cannot be written, which was said
}

// file is a log file. It counts its size itself, because timberjack counts in
// megabytes.
type file struct {
	log  *timberjack.Logger
	size int64
}

// openFiles makes the folder and refuses a second process in it: two that
// rotate the same file lose lines.
func openFiles(o *Files) (*folder, error) {
	if o == nil {
		return nil, nil
	}
	if err := os.MkdirAll(o.Dir, 0o750); err != nil {
		return nil, fmt.Errorf("make the log folder: %w", err)
	}
	lock := flock.New(filepath.Join(o.Dir, ".syncsvc.log.lock"), flock.SetPermissions(0o600))
	locked, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("lock the log folder: %w", err)
	}
	if !locked {
		return nil, fmt.Errorf("log to %s: %w", o.Dir, ErrTwin)
	}
	return &folder{Files: *o, lock: lock, open: map[string]*file{}, bad: map[string]bool{}}, nil
}

// write adds a line to its module's file. That it cannot is an error once,
// until it can again.
func (d *folder) write(r control.LogRecord) error {
	f, err := d.file(r.Module)
	if err == nil {
		err = f.write(Text.Line(r), d.Size)
	}
	said := d.bad[r.Module]
	d.bad[r.Module] = err != nil
	if said {
		return nil
	}
	return err
}

func (d *folder) file(module string) (*file, error) {
	if f, ok := d.open[module]; ok {
		return f, nil
	}
	path := filepath.Join(d.Dir, nameFor(module))
	f := &file{log: &timberjack.Logger{
		Filename: path, MaxSize: 1 << 30, MaxBackups: d.Keep, Compression: "gzip", LocalTime: true, FileMode: 0o640,
		BackupTimeFormat: "2006-01-02T15-04-05.000000", // files of the same moment would count as one
	}}
	info, err := os.Stat(path)
	switch {
	case err == nil:
		f.size = info.Size()
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	d.open[module] = f
	return f, nil
}

// nameFor returns the name of a module's log file. One that would be a fail
// list of another module gets a character that no module's name has.
func nameFor(module string) string {
	switch {
	case module == "":
		return control.ServiceName + ".log"
	case strings.HasSuffix(module, ".fail"):
		return module + "+.log"
	}
	return module + ".log"
}

func (f *file) write(line []byte, most int64) error {
	if f.size > 0 && f.size+int64(len(line)) > most {
		if err := f.log.RotateWithReason("size"); err != nil {
			return err
		}
		f.size = 0
	}
	n, err := f.log.Write(line)
	f.size += int64(n)
	return err
}

// reopen closes all files; the next line opens them by their names.
func (d *folder) reopen() {
	for module := range d.open {
		d.forget(module)
	}
}

func (d *folder) forget(module string) {
	if f, ok := d.open[module]; ok {
		f.log.Close() // nothing is buffered
		delete(d.open, module)
	}
	delete(d.bad, module)
}

func (d *folder) close() error {
	if d == nil {
		return nil
	}
	d.reopen()
	return d.lock.Unlock()
}
