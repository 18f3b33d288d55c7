package config

import (
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"time"
)

// DefaultFile is where the service's settings are looked for.
const DefaultFile = "/etc/syncsvc/syncsvc.yaml"

// Service is the settings of the service itself. All folders are absolute.
type Service struct {
	ConfDir      string // module files
	StateDir     string // what has to survive a restart
	RunDir       string // sockets and locks
	LogDir       string // fail lists, and logs if LogFiles says so
	DrainTimeout time.Duration
	LogLevel     slog.Level
	LogFormat    string // "auto", "text", "json" or "journald"
	LogFiles     LogFiles

	Budget    Budget
	HungAfter time.Duration // an instance without a sign of life for so long is killed
	Control   Control
	Alerts    []Alert

	// ConfDirGiven says that somebody chose ConfDir, so that it should exist.
	ConfDirGiven bool

	origin *settings // for problems found after loading; nil when it was not loaded
}

// LogFiles says whether modules log to files of their own in LogDir.
type LogFiles struct {
	On   bool
	Size int64 // bytes at which a file is put away
	Keep int   // files put away that are kept, compressed
}

// Budget is what all modules together may use; 0 = no limit.
type Budget struct {
	Rsyncs    int   // processes at once
	FullSyncs int   // at once, a target each
	Bandwidth int64 // bytes a second
}

// Control says who may talk to the service.
type Control struct {
	Group     string // may use the socket besides the owner; "" = nobody
	Listen    string // host:port of the TCP listener; "" = none
	TokenFile string // mode 600; needed for Listen
	TLSCert   string // needed for Listen unless the host is a loopback address
	TLSKey    string
}

// ServiceSource says where to look for settings besides the environment.
type ServiceSource struct {
	// File must exist; "" means DefaultFile, which need not.
	File string
	// NoFile leaves the file out: a child of the service has been given all
	// that it needs, and goes on whatever becomes of the file.
	NoFile bool
	// Root is a folder with another system, whose DefaultFile is meant.
	Root string
	// Flags are the settings given on the command line, by key.
	Flags map[string]string
}

// Place returns where a setting is given: "FILE:LINE", a flag, a variable, or
// the file alone when nothing gives it; "" when there is no file either.
func (s *Service) Place(key string) string {
	d := s.origin
	switch {
	case d == nil:
		return ""
	case d.given(key):
		return d.name(key)
	case d.file.src == nil:
		return ""
	}
	if at, ok := d.file.at[key]; ok {
		return d.file.src.label(at)
	}
	return d.file.src.file
}

// Modules reads the module files of the service as [LoadDir] does. A folder
// that nobody asked for may be missing: a service without modules is fine.
func (s *Service) Modules() ([]*Module, error) {
	modules, err := LoadDir(s.ConfDir)
	if errors.Is(err, fs.ErrNotExist) && !s.ConfDirGiven {
		if _, missing := os.Stat(s.ConfDir); missing != nil {
			return nil, nil
		}
	}
	return modules, err
}
