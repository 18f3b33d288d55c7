package service

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// installBelow writes the text and the links that start it at boot into a
// system that does not run.
func (s *Service) installBelow(f found) error {
	root, err := s.open()
	if err != nil {
		return err
	}
	defer root.Close()
	if f.state != absent && f.vendor != s.Path() && (f.state != same || f.packaged()) {
		if err := root.Remove(s.Path()[1:]); err != nil {
			return fmt.Errorf("remove what is in the way: %w", err)
		}
	}
	target := f.vendor
	if !f.packaged() {
		target = s.Path()
		text, err := s.Text()
		if err != nil {
			return err
		}
		if err := s.place(root, s.Path(), text, s.scheme.mode); err != nil {
			return err
		}
	}
	for _, l := range s.scheme.links {
		if err := s.join(root, l, target); err != nil {
			return err
		}
	}
	return s.rotateIn(root)
}

// place writes a file as a whole or not at all.
func (s *Service) place(root *os.Root, path string, text []byte, mode fs.FileMode) error {
	rel := path[1:]
	if err := root.MkdirAll(filepath.Dir(rel), 0o755); err != nil {
		return fmt.Errorf("make the folder of %s: %w", path, err)
	}
	tmp := rel + ".syncsvc-new"
	err := root.WriteFile(tmp, text, mode)
	if err == nil {
		err = root.Chmod(tmp, mode) // whatever the umask is
	}
	if err == nil {
		err = root.Rename(tmp, rel)
	}
	if err != nil {
		root.Remove(tmp)
		return fmt.Errorf("write %s: %w", path, err)
	}
	s.tell("wrote %s", filepath.Join(s.Root, path))
	return nil
}

// join makes a link, to target when it names nothing itself.
func (s *Service) join(root *os.Root, l link, target string) error {
	at, to := fmt.Sprintf(l.at, s.Name), target
	if l.to != "" {
		to = fmt.Sprintf(l.to, s.Name)
	}
	rel := at[1:]
	if there, err := root.Readlink(rel); err == nil && there == to {
		return nil
	}
	if err := root.MkdirAll(filepath.Dir(rel), 0o755); err != nil {
		return fmt.Errorf("make the folder of %s: %w", at, err)
	}
	if err := root.Remove(rel); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("replace %s: %w", at, err)
	}
	if err := root.Symlink(to, rel); err != nil {
		return fmt.Errorf("link %s: %w", at, err)
	}
	s.tell("linked %s", filepath.Join(s.Root, at))
	return nil
}

// rotate has logrotate keep the log file small, where there is logrotate.
func (s *Service) rotate() error {
	root, err := s.open()
	if err != nil {
		return err
	}
	defer root.Close()
	return s.rotateIn(root)
}

func (s *Service) rotateIn(root *os.Root) error {
	text, err := s.Rotation()
	if err != nil || text == nil {
		return err
	}
	if _, err := root.Stat("etc/logrotate.d"); err != nil {
		return nil // no logrotate here
	}
	if _, err := root.Lstat(s.rotationPath()[1:]); err == nil {
		return nil // a package's, or somebody's own
	}
	return s.place(root, s.rotationPath(), text, 0o644)
}
