package supervisor

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/syncsvc/syncsvc/child"
	"github.com/syncsvc/syncsvc/control"
)

// quarters are the folders in which a module's child writes.
type quarters struct {
	module         string
	home           string // its own, in the state folder
	runDir, logDir string // for all modules
}

// settle makes the folders fit for whom the child runs as, nil for us, and
// returns the flags that tell the child of it. Somebody else gets folders of
// their own for the socket and the fail log, with links to where everybody
// looks for them, since who may write to a folder for all modules could put
// anything in the place of another one's files.
func (q quarters) settle(u *child.User) (flags []string, err error) {
	if err := os.MkdirAll(q.home, 0o750); err != nil {
		return nil, fmt.Errorf("make the state folder: %w", err)
	}
	if u == nil {
		return nil, q.takeBack()
	}
	uid, gid := int(u.Credential.Uid), int(u.Credential.Gid)
	if err := handOver(q.home, uid, gid); err != nil {
		return nil, err
	}
	for _, l := range q.links() {
		if err := l.make(uid, gid); err != nil {
			return nil, err
		}
		flags = append(flags, l.flag, l.dir)
	}
	return flags, nil
}

// takeBack makes the folders ours again after another user had them. Whose they
// are makes no difference to root; that they stay ours does.
func (q quarters) takeBack() error {
	var errs []error
	for _, l := range q.links() {
		errs = append(errs, unlink(l.at))
	}
	if os.Geteuid() == 0 {
		// Where root may not, as on NFS, it was nobody else's doing.
		_ = handOver(q.home, 0, os.Getegid())
	}
	return errors.Join(errs...)
}

// link is a file of a module in a folder of its own, and where it is looked
// for.
type link struct {
	at   string // where it is looked for
	dir  string // where it is
	flag string // that tells the child of dir
}

func (q quarters) links() []link {
	var all []link
	if q.runDir != "" {
		all = append(all, link{at: control.Socket(q.runDir, q.module), dir: filepath.Join(q.runDir, q.module+".d"), flag: "--run-dir"})
	}
	if q.logDir != "" {
		all = append(all, link{at: filepath.Join(q.logDir, q.module+".fail.log"), dir: filepath.Join(q.logDir, q.module+".d"), flag: "--log-dir"})
	}
	return all
}

// make makes the folder and the link to the file in it. A file from before
// moves into the folder.
func (l link) make(uid, gid int) error {
	if err := os.MkdirAll(l.dir, 0o750); err != nil {
		return fmt.Errorf("make a folder for a module's user: %w", err)
	}
	name := filepath.Base(l.at)
	if info, err := os.Lstat(l.at); err == nil && info.Mode().IsRegular() {
		if err := os.Rename(l.at, filepath.Join(l.dir, name)); err != nil {
			return fmt.Errorf("move to a module's user: %w", err)
		}
	}
	if err := handOver(l.dir, uid, gid); err != nil {
		return err
	}
	into := filepath.Join(filepath.Base(l.dir), name)
	if at, err := os.Readlink(l.at); err == nil && at == into {
		return nil
	}
	if err := os.Remove(l.at); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("make way for a link: %w", err)
	}
	return os.Symlink(into, l.at)
}

// unlink removes a link, and nothing else.
func unlink(path string) error {
	info, err := os.Lstat(path)
	if err != nil || info.Mode().Type() != fs.ModeSymlink {
		return nil
	}
	return os.Remove(path)
}

// handOver gives a folder and the files in it to a user. It stays inside and
// leaves alone what has a second name elsewhere: whoever owns the folder could
// have put a link to anybody's file there.
func handOver(dir string, uid, gid int) error {
	if owner(os.Lstat(dir)) == uid {
		return nil
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("give a folder to a module's user: %w", err)
	}
	defer root.Close()
	entries, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return fmt.Errorf("give a folder to a module's user: %w", err)
	}
	for _, e := range entries {
		info, statErr := root.Lstat(e.Name())
		if statErr != nil {
			continue // it went away
		}
		if s, ok := info.Sys().(*syscall.Stat_t); ok && (e.IsDir() || s.Nlink == 1) && !isKeepers(e.Name()) {
			err = errors.Join(err, root.Lchown(e.Name(), uid, gid))
		}
	}
	// The folder last, so that what was cut short is begun again.
	err = errors.Join(err, root.Chown(".", uid, gid))
	if err != nil {
		return fmt.Errorf("give %s to a module's user: %w", dir, err)
	}
	return nil
}

// isKeepers reports whether a file in a module's folder is one of its keeper,
// and stays so; see [child.ReadOwn].
func isKeepers(name string) bool {
	dump, _ := filepath.Match(dumpPattern, name)
	return dump || name == disabledFile || name == deathsFile
}

// owner returns who owns a file, -1 when that is unknown.
func owner(info fs.FileInfo, err error) int {
	if err != nil {
		return -1
	}
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return int(s.Uid)
	}
	return -1
}
