package config

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/spf13/viper"
)

// DefaultFile is where the service's settings are looked for.
const DefaultFile = "/etc/syncsvc/syncsvc.yaml"

// envPrefix and the key in capitals make the name of a variable:
// SYNCSVC_CONF_DIR.
const envPrefix = "SYNCSVC"

const minDrain, maxDrain = 0, 10 * time.Minute

// Service is the settings of the service itself. All folders are absolute.
type Service struct {
	ConfDir      string // module files
	StateDir     string // what has to survive a restart
	RunDir       string // sockets and locks
	LogDir       string // fail lists
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

// AlertKind says what an alert is about.
type AlertKind string

// The kinds of alerts.
const (
	AlertLag      AlertKind = "lag"      // a target is behind for longer than Over
	AlertAway     AlertKind = "away"     // a target is away for longer than Over
	AlertHeld     AlertKind = "held"     // deletions wait for approval for longer than Over
	AlertFailures AlertKind = "failures" // more than Count paths fail
	AlertDown     AlertKind = "down"     // a module that should run does not, for longer than Over
	AlertOverflow AlertKind = "overflow" // the kernel dropped events
)

// Alert is one rule: when to tell whom.
type Alert struct {
	Name    string // for people; the kind when none is written
	On      AlertKind
	Over    time.Duration
	Count   int
	Modules []string      // "" patterns as in path.Match; none = all
	Command []string      // argv; the alert as JSON on its stdin
	Webhook string        // URL that gets it by POST
	Every   time.Duration // at most once in so long for the same trouble; 0 = only once until it is over
	Timeout time.Duration // of the command or the request
}

// ServiceSource says where to look for settings besides the environment.
type ServiceSource struct {
	// File must exist; "" means DefaultFile, which need not.
	File string
	// Flags are the settings given on the command line, by key.
	Flags map[string]string
}

// serviceDefaults are written as they would be in the file.
func serviceDefaults() map[string]string {
	return map[string]string{
		"conf_dir":      "/etc/syncsvc/conf.d",
		"state_dir":     "/var/lib/syncsvc",
		"run_dir":       "/run/syncsvc",
		"log_dir":       "/var/log/syncsvc",
		"drain_timeout": "10s",
		"log_level":     "info",
		"log_format":    "text",
	}
}

func serviceKeys(s *Service) schema {
	return schema{
		{"conf_dir", func(v value) { v.readPath(&s.ConfDir) }},
		{"state_dir", func(v value) { v.readPath(&s.StateDir) }},
		{"run_dir", func(v value) { v.readPath(&s.RunDir) }},
		{"log_dir", func(v value) { v.readPath(&s.LogDir) }},
		{"drain_timeout", func(v value) { v.readDuration(&s.DrainTimeout, minDrain, maxDrain) }},
		{"log_level", func(v value) { v.readLevel(&s.LogLevel) }},
		{"log_format", func(v value) { v.readChoice(&s.LogFormat, "text", "json") }},
	}
}

func (v value) readLevel(to *slog.Level) {
	name := to.String()
	v.readChoice(&name, "debug", "info", "warn", "error")
	if err := to.UnmarshalText([]byte(name)); err != nil {
		v.fail("", "%v", err)
	}
}

// LoadService finds the settings of the service: a flag wins over the
// environment (SYNCSVC_CONF_DIR and so on), that over the file, that over the
// default. The error holds every problem, see [Problems].
func LoadService(from ServiceSource) (*Service, error) {
	file, problems := readServiceFile(from.File)
	if len(problems) > 0 {
		return nil, Join(problems)
	}
	v, err := layers(file, from.Flags)
	if err != nil {
		return nil, fmt.Errorf("read settings: %w", err)
	}
	s := &Service{ConfDirGiven: v.GetString("conf_dir") != serviceDefaults()["conf_dir"]}
	for _, k := range serviceKeys(s) {
		r := &reader{src: &source{}, at: map[string]position{}}
		k.read(value{&node{kind: text, text: v.GetString(k.name)}, r, settingName(k.name, from.Flags)})
		problems = append(problems, r.problems...)
	}
	if len(problems) > 0 {
		return nil, Join(problems)
	}
	return s, nil
}

// layers puts the sources of settings above each other.
func layers(file, flags map[string]string) (*viper.Viper, error) {
	v := viper.New()
	v.SetEnvPrefix(envPrefix)
	v.AutomaticEnv()
	for key, def := range serviceDefaults() {
		v.SetDefault(key, def)
	}
	values := map[string]any{}
	for key, s := range file {
		values[key] = s
	}
	if err := v.MergeConfigMap(values); err != nil {
		return nil, err
	}
	for key, s := range flags {
		v.Set(key, s)
	}
	return v, nil
}

// settingName is what people call the source of a setting that is not from
// the file, whose values have been checked by then.
func settingName(key string, flags map[string]string) string {
	if _, ok := flags[key]; ok {
		return "--" + strings.ReplaceAll(key, "_", "-")
	}
	return envPrefix + "_" + strings.ToUpper(key)
}

// readServiceFile returns the settings in a file as they are written. It reads
// them with the same strict reader as module files; viper would not tell lines
// and unknown keys.
func readServiceFile(path string) (map[string]string, []Problem) {
	given := path != ""
	if !given {
		path = DefaultFile
	}
	src, err := readSource(path)
	if errors.Is(err, fs.ErrNotExist) && !given {
		return nil, nil
	}
	if err != nil {
		return nil, []Problem{fileProblem(path, err)}
	}
	top, problems := parse(src)
	if top == nil || top.kind != object {
		return nil, problems
	}
	r := &reader{src: src, at: map[string]position{}, elsewhere: func(string) string { return "" }}
	value{top, r, ""}.object(serviceKeys(&Service{}))
	settings := map[string]string{}
	for _, f := range top.fields {
		settings[f.name] = f.value.text
	}
	return settings, append(problems, r.problems...)
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
