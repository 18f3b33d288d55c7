package checkpoint

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

const (
	// maxSize keeps a foreign file from filling the memory.
	maxSize = 256 << 20
	// maxReadable is how much of a target's name is in its files' names.
	maxReadable = 80
)

// kind is what a file holds; it is the end of its name.
type kind string

const (
	kindMark     kind = "mark"
	kindFailures kind = "failures"
	kindState    kind = "state"
)

// path returns where something is kept: a name that people recognise, made
// unique by a hash, since targets are URLs and paths.
func (s *Store) path(k kind, of string) string {
	sum := sha256.Sum256([]byte(of))
	readable := strings.Map(func(r rune) rune {
		if r < 0x80 && (r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_.@", r)) {
			return r
		}
		return '_'
	}, of)
	readable = strings.TrimLeft(readable, "._-")
	name := readable[:min(len(readable), maxReadable)] + "-" + hex.EncodeToString(sum[:8])
	return filepath.Join(s.dir, strings.TrimLeft(name, "-")+"."+string(k)+".json")
}

// read returns the body of a file that is whole and is about of.
func (s *Store) read(k kind, of string) ([]byte, error) {
	// Anything may lie in the folder; opening a fifo must not block.
	f, err := os.OpenFile(s.path(k, of), os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if errors.Is(err, syscall.ELOOP) || errors.Is(err, syscall.ENXIO) {
		return nil, fmt.Errorf("%w: not a regular file", ErrCorrupt)
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > maxSize {
		return nil, fmt.Errorf("%w: %s of %d bytes", ErrCorrupt, info.Mode(), info.Size())
	}
	data, err := io.ReadAll(f)
	if err != nil {
		return nil, err
	}
	return unwrap(k, of, data)
}

// write replaces a file so that it is either the old or the new one, whatever
// happens, and the new one when it returns.
func (s *Store) write(k kind, of string, body []byte) error {
	if err := s.guard(k, of); err != nil {
		return err
	}
	data, err := wrap(k, of, body)
	if err != nil {
		return err
	}
	if len(data) > maxSize {
		return fmt.Errorf("%d bytes are too many to be read again", len(data))
	}
	path := s.path(k, of)
	// Always the same name: what a crash leaves behind is overwritten next time.
	temp := path + ".tmp"
	if err := writeSynced(temp, data); err != nil {
		_ = os.Remove(temp) // what remains of it would only take up room
		return err
	}
	if err := os.Rename(temp, path); err != nil {
		return err
	}
	return syncDir(s.dir)
}

// guard refuses to touch what a newer version has written.
func (s *Store) guard(k kind, of string) error {
	if _, err := s.read(k, of); errors.Is(err, ErrNewer) {
		return err
	}
	return nil
}

func (s *Store) remove(k kind, of string) error {
	err := os.Remove(s.path(k, of))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return syncDir(s.dir)
}

func writeSynced(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC|syscall.O_NOFOLLOW, 0o640)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// syncDir makes the names in a folder survive a crash; syncing a file does not
// do that.
func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
