package service

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
)

// Install makes the init system start the service now and at every boot, and
// returns when the service answers. Where a package brings the text it writes
// none. What it could not finish it takes back.
//
// With Root it writes files and links, starts nothing and calls no tool of an
// init system.
func (s *Service) Install(ctx context.Context) error {
	if err := s.mayChange("install"); err != nil {
		return err
	}
	if _, err := s.Text(); err != nil { // before anything is touched
		return err
	}
	f, err := s.look(ctx)
	if err != nil {
		return err
	}
	if err := s.refuse(f); err != nil {
		return err
	}
	if s.Root != "" {
		return s.installBelow(f)
	}
	if _, err := exec.LookPath(s.Program); err != nil {
		return Hinted{fmt.Errorf("the service could not be started: %w", err), "give its place with --program"}
	}
	if err := s.stranger(ctx); err != nil {
		return err
	}
	fresh, err := s.put(ctx, f)
	if err != nil {
		return err
	}
	s.tell("starts at boot")
	begin := s.Start
	if fresh {
		begin = s.Restart
	}
	if err := begin(ctx); err != nil {
		return Hinted{err, "it stays installed; see why it does not start: " + s.logs()}
	}
	return nil
}

// refuse explains what is in the way, unless it is to be repaired.
func (s *Service) refuse(f found) error {
	if s.Force {
		return nil
	}
	const repair = "\"syncsvc service install --force\" "
	switch {
	case f.state == masked && f.packaged():
		return Hinted{fmt.Errorf("the service is masked: %s links to /dev/null; somebody did not want it started", s.Path()), repair + "unmasks it"}
	case f.state == masked:
		return Hinted{fmt.Errorf("the service is masked: %s links to /dev/null, as dpkg leaves it when the package is removed", s.Path()), repair + "replaces the link"}
	case f.state == empty:
		return Hinted{fmt.Errorf("%s is empty: an installation was cut off", s.Path()), repair + "writes it again"}
	case f.state == other && f.packaged() && f.vendor != s.Path():
		return Hinted{fmt.Errorf("%s hides the package's own %s", s.Path(), f.vendor), repair + "removes it and uses the package's"}
	case f.state == other && !f.packaged():
		return Hinted{fmt.Errorf("%s is there and says something else", s.Path()), "compare it with \"syncsvc service print\"; " + repair + "replaces it"}
	}
	return nil
}

// put brings the text to where it belongs and makes it start at boot. It says
// whether the text is another than the one that may be in force.
func (s *Service) put(ctx context.Context, f found) (fresh bool, err error) {
	switch {
	case f.packaged():
		return f.state == other && f.vendor != s.Path(), s.adopt(ctx, f)
	case f.state == same:
		s.tell("%s is there already", s.Path())
		return false, s.enable(ctx)
	}
	if err := s.clear(ctx, f); err != nil {
		return false, err
	}
	if err := s.write(ctx); err != nil {
		return false, err
	}
	s.tell("wrote %s", s.Path())
	return f.state == other, s.rotate()
}

// adopt uses the text of a package.
func (s *Service) adopt(ctx context.Context, f found) error {
	if f.vendor != s.Path() {
		if err := s.clear(ctx, f); err != nil {
			return err
		}
	}
	if err := s.enable(ctx); err != nil {
		return err
	}
	s.tell("uses %s, which belongs to %s", f.vendor, f.manager())
	return nil
}

// manager says whose a packaged text is.
func (f found) manager() string {
	if f.owner == "" {
		return "no package"
	}
	return "the package " + f.owner
}

// clear removes what is in the way; [Service.refuse] had to agree.
func (s *Service) clear(ctx context.Context, f found) error {
	if f.state == absent || f.state == same && !f.packaged() {
		return nil
	}
	root, err := s.open()
	if err != nil {
		return err
	}
	defer root.Close()
	if err := root.Remove(s.Path()[1:]); err != nil {
		return fmt.Errorf("remove what is in the way: %w", err)
	}
	s.tell("removed the %s that was there", s.Path())
	_, err = s.tool(ctx, s.scheme.changed)
	return err
}

// write has kardianos install the text, and takes back what it began when it
// fails.
func (s *Service) write(ctx context.Context) error {
	text, err := s.Text()
	if err != nil {
		return err
	}
	library, err := s.library(text)
	if err != nil {
		return err
	}
	if err := library.Install(); err != nil {
		err = s.words(ctx, err)
		s.sweep(context.WithoutCancel(ctx))
		return fmt.Errorf("install %s: %w", s.Path(), err)
	}
	if s.scheme.kind != Sysv {
		return nil
	}
	// The library's links have fixed numbers; update-rc.d reads the header.
	s.succeeds(ctx, "update-rc.d", "-f", "NAME", "remove")
	return s.enable(ctx)
}

// enable makes the init system start the service at boot. Where sysv has no
// tool for that, the links are made by hand.
func (s *Service) enable(ctx context.Context) error {
	_, err := s.tool(ctx, s.scheme.enable)
	if s.scheme.kind != Sysv || !errors.Is(err, exec.ErrNotFound) {
		return err
	}
	root, err := s.open()
	if err != nil {
		return err
	}
	defer root.Close()
	for _, l := range s.scheme.links {
		if err := s.join(root, l, ""); err != nil {
			return err
		}
	}
	return nil
}

// words asks again for what failed: kardianos keeps what its tools said to
// itself.
func (s *Service) words(ctx context.Context, cause error) error {
	if err := s.enable(ctx); err != nil {
		return err
	}
	return cause
}
