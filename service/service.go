// Package service puts syncsvc under the init system of a machine, takes it
// out again, and tells how it stands there.
//
// It does not run the service (package supervisor does), and it knows nothing
// of modules. The texts are those of package templates; what kardianos/service
// does with them it does here, what that library gets wrong is done by hand.
package service

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"

	"github.com/syncsvc/syncsvc/control"
)

// Kind is an init system.
type Kind string

// The init systems that syncsvc has texts for.
const (
	Systemd Kind = "systemd"
	OpenRC  Kind = "openrc"
	Sysv    Kind = "sysv"
	Upstart Kind = "upstart"
)

// Kinds returns all of them.
func Kinds() []Kind { return []Kind{Systemd, OpenRC, Sysv, Upstart} }

// Options say which service is meant, and where.
type Options struct {
	Name    string   // of the service
	Program string   // the absolute path of syncsvc, as the init system is to call it
	Flags   []string // settings that "run" and "reload" get
	// What the service makes for itself, absolute.
	RunDir, StateDir, LogDir string

	Init  Kind   // "" = the one that runs, or with Root the one that is there
	Root  string // a folder that holds another system, not running; "" = this one
	Force bool   // repair what is in the way

	Tell func(line string) // what has been done, in sentences; never nil
}

// Service is syncsvc as an init system's service.
type Service struct {
	Options
	scheme scheme
	noInit *Hinted // why the init system is not known; scheme is systemd's then
}

// goodName is what all init systems take, and no shell or pattern minds.
var goodName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]*$`)

// New finds out which init system there is. It changes nothing. Where none
// runs, a service can be asked for its text and its status, and nothing else.
func New(o Options) (*Service, error) {
	if !goodName.MatchString(o.Name) {
		return nil, Hinted{fmt.Errorf("%q can't be the name of a service", o.Name), "use letters, digits, - and _"}
	}
	if !filepath.IsAbs(o.Program) {
		return nil, Hinted{fmt.Errorf("the program %q: not an absolute path", o.Program), "the init system knows no current folder"}
	}
	s := &Service{Options: o}
	if o.Init == "" {
		if o.Init, s.noInit = detect(o.Root); s.noInit != nil {
			s.scheme = systemdScheme()
			return s, nil
		}
	}
	var ok bool
	if s.scheme, ok = schemes()[o.Init]; !ok {
		return nil, Hinted{fmt.Errorf("no text for the init system %q", o.Init), fmt.Sprintf("there is one for each of %v", Kinds())}
	}
	return s, nil
}

// Socket returns where the supervisor of this service answers.
func (s *Service) Socket() string { return control.Socket(s.RunDir, control.ServiceName) }

// Path returns where the text belongs when no package brings one. It does not
// include Root.
func (s *Service) Path() string { return fmt.Sprintf(s.scheme.path, s.Name) }

// open returns the file system that the service is, or is to be, part of. The
// caller closes it.
func (s *Service) open() (*os.Root, error) {
	dir := s.Root
	if dir == "" {
		dir = "/"
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open the root folder: %w", err)
	}
	return root, nil
}

func (s *Service) tell(format string, args ...any) { s.Tell(fmt.Sprintf(format, args...)) }

// Hinted is an error with a way out.
type Hinted struct {
	Err  error
	Hint string
}

// Error returns what is wrong, without the hint.
func (h Hinted) Error() string { return h.Err.Error() }

// Unwrap returns the error without the hint.
func (h Hinted) Unwrap() error { return h.Err }

// mayChange is the error for somebody who can't change the system, or nil.
func (s *Service) mayChange(what string) error {
	switch {
	case s.noInit != nil:
		return *s.noInit
	case s.Root == "" && os.Geteuid() != 0:
		return Hinted{fmt.Errorf("only root may %s the service", what), "sudo syncsvc service " + what}
	}
	return nil
}
