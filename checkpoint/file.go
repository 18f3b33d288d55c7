package checkpoint

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

const (
	// version is that of all files. A later one may change anything but the
	// first line.
	version = 1
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

// header is the first line of a file; the rest is the body.
type header struct {
	Kind    kind   `json:"syncsvc"`
	Version int    `json:"version"`
	Of      text   `json:"of"` // the target, or the name of the state
	Sum     string `json:"crc32c"`
}

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
	f, err := os.OpenFile(s.path(k, of), os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOFOLLOW, 0)
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
	data, err := wrap(k, of, body)
	if err != nil {
		return err
	}
	path := s.path(k, of)
	// Always the same name: what a crash leaves behind is overwritten next time.
	temp := path + ".tmp"
	if err := writeSynced(temp, data); err != nil {
		return errors.Join(err, absentIsFine(os.Remove(temp)))
	}
	if err := os.Rename(temp, path); err != nil {
		return err
	}
	return syncDir(s.dir)
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

func absentIsFine(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func wrap(k kind, of string, body []byte) ([]byte, error) {
	first, err := marshal(header{Kind: k, Version: version, Of: text(of), Sum: checksum(body)})
	if err != nil {
		return nil, err
	}
	return append(first, body...), nil
}

// unwrap returns the body. Only the first line of a newer version is looked at.
func unwrap(k kind, of string, data []byte) ([]byte, error) {
	first, body, _ := bytes.Cut(data, []byte("\n"))
	var h header
	if err := unmarshal(first, &h); err != nil {
		return nil, err
	}
	switch {
	case h.Kind != k || h.Version < 1:
		return nil, fmt.Errorf("%w: not a %s file", ErrCorrupt, k)
	case h.Version > version:
		return nil, fmt.Errorf("%w: it is version %d, this syncsvc knows up to %d", ErrNewer, h.Version, version)
	case string(h.Of) != of:
		return nil, fmt.Errorf("%w: it is about %q", ErrCorrupt, h.Of)
	case h.Sum != checksum(body):
		return nil, fmt.Errorf("%w: wrong checksum", ErrCorrupt)
	}
	return body, nil
}

func checksum(body []byte) string {
	return fmt.Sprintf("%08x", crc32.Checksum(body, crc32.MakeTable(crc32.Castagnoli)))
}

// marshal returns v as one line of JSON.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // people read these files
	err := e.Encode(v)
	return b.Bytes(), err
}

func unmarshal(line []byte, v any) error {
	if err := json.Unmarshal(line, v); err != nil {
		return fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	return nil
}
