package service

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Uninstall stops the service and removes everything Install may have left in
// the init system: text, links, what it remembers. What a package brought is
// disabled only. Settings, state and logs stay.
func (s *Service) Uninstall(ctx context.Context) error {
	if err := s.mayChange("uninstall"); err != nil {
		return err
	}
	f, err := s.look(ctx)
	if err != nil {
		return err
	}
	if s.Root != "" {
		return s.uninstallBelow(f)
	}
	if f.file != "" {
		if err := s.end(ctx); err != nil {
			return err
		}
	}
	switch {
	case f.packaged() && (f.state == absent || f.vendor == s.Path()):
		return s.disable(ctx, f)
	case f.state == masked:
		s.tell("%s links to /dev/null: nobody can start the service; left as it is", s.Path())
		return nil
	case f.state == absent:
		s.sweep(ctx)
		s.tell("not installed")
		return nil
	}
	if err := s.withdraw(ctx, f); err != nil {
		return err
	}
	s.leftovers(f)
	return nil
}

// end stops the service, also one that keeps failing and is not up right now.
func (s *Service) end(ctx context.Context) error {
	a, err := s.ask(ctx)
	if err != nil {
		return err
	}
	_, err = s.tool(ctx, s.scheme.stop)
	switch {
	case err != nil && a.active:
		return Hinted{err, s.logs()}
	case a.active:
		s.tell("stopped")
	}
	return nil
}

// disable is all that may be done with a package's service.
func (s *Service) disable(ctx context.Context, f found) error {
	if _, err := s.tool(ctx, s.scheme.disable); err != nil {
		return err
	}
	s.tell("does not start at boot any more")
	s.tell("%s stays, since it belongs to %s; %q removes it", f.vendor, f.manager(), f.removal())
	return nil
}

// withdraw removes the text. kardianos gives up at its first error, and leaves
// links; sweep removes what is left then.
func (s *Service) withdraw(ctx context.Context, f found) error {
	library, err := s.library(nil)
	if err == nil && f.state != empty {
		err = library.Uninstall()
	}
	s.sweep(ctx)
	if there := s.remains(); there != "" {
		return errors.Join(fmt.Errorf("%s is still there", there), err)
	}
	s.tell("removed %s", s.Path())
	return nil
}

// sweep removes text and links, whatever there is of them, and has the init
// system forget the service. It goes on after errors: [Service.remains] tells.
func (s *Service) sweep(ctx context.Context) {
	root, err := s.open()
	if err != nil {
		return
	}
	defer root.Close()
	s.sweepIn(root)
	for _, command := range [][]string{s.scheme.changed, s.scheme.forget} {
		_, _ = s.tool(ctx, command) // fails when there is nothing to forget
	}
}

func (s *Service) sweepIn(root *os.Root) {
	root.Remove(s.Path()[1:])
	links, _ := s.links()
	for _, l := range links {
		root.Remove(l)
		if s.scheme.kind == Systemd { // which removes such a folder too
			root.Remove(filepath.Dir(l))
		}
	}
	want, err := s.Rotation()
	if err != nil || want == nil {
		return
	}
	if s.Root == "" { // what systemd removes when it stops a service
		root.Remove(s.pidFile()[1:])
		root.Remove(s.RunDir[1:])
	}
	if is, err := root.ReadFile(s.rotationPath()[1:]); err == nil && bytes.Equal(is, want) {
		root.Remove(s.rotationPath()[1:])
	}
}

// remains names something that should be gone, or "".
func (s *Service) remains() string {
	root, err := s.open()
	if err != nil {
		return s.Path()
	}
	defer root.Close()
	if _, err := root.Lstat(s.Path()[1:]); !errors.Is(err, fs.ErrNotExist) {
		return s.Path()
	}
	if links, err := s.links(); err != nil || len(links) > 0 {
		return fmt.Sprint(links)
	}
	return ""
}

// uninstallBelow removes text and links from a system that does not run.
func (s *Service) uninstallBelow(f found) error {
	root, err := s.open()
	if err != nil {
		return err
	}
	defer root.Close()
	if f.packaged() && f.vendor == s.Path() {
		return Hinted{fmt.Errorf("%s belongs to %s", f.vendor, f.manager()), "remove the package"}
	}
	s.sweepIn(root)
	if there := s.remains(); there != "" {
		return fmt.Errorf("%s is still there", filepath.Join(s.Root, there))
	}
	s.tell("nothing of it is left in %s", s.Root)
	if f.packaged() {
		s.tell("%s stays, since it belongs to %s", f.vendor, f.manager())
	}
	return nil
}

// leftovers says what stays on purpose.
func (s *Service) leftovers(f found) {
	if f.packaged() {
		s.tell("%s of %s is in force again, and does not start at boot; \"syncsvc service install\" enables it", f.vendor, f.manager())
		return
	}
	if exists(s.Path() + ".d") {
		s.tell("%s.d stays: it is not of this program", s.Path())
	}
	if f.state != same { // it may have had other folders
		s.tell("settings, state and logs stay")
		return
	}
	for _, dir := range []string{s.StateDir, s.LogDir} {
		if exists(dir) {
			s.tell("%s stays", dir)
		}
	}
}
