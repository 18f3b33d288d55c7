package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/spf13/viper"
)

// envPrefix and the key in capitals make the name of a variable:
// SYNCSVC_CONF_DIR.
const envPrefix = "SYNCSVC"

// LoadService finds the settings of the service: a flag wins over the
// environment (SYNCSVC_CONF_DIR and so on), that over the file, that over the
// default. Alerts are only in the file. The error holds every problem, see
// [Problems].
func LoadService(from ServiceSource) (*Service, error) {
	var file serviceFile
	if !from.NoFile {
		var problems []Problem
		if file, problems = readServiceFile(from.Root, from.File); len(problems) > 0 {
			return nil, Join(problems)
		}
	}
	v, err := layers(file.scalars, from.Flags)
	if err != nil {
		return nil, fmt.Errorf("read settings: %w", err)
	}
	s := &Service{
		Alerts:       file.alerts,
		ConfDirGiven: v.GetString("conf_dir") != serviceDefaults()["conf_dir"],
	}
	d := &settings{file: file, flags: from.Flags}
	for _, k := range scalarKeys(s) {
		d.read(k, v.GetString(k.name))
	}
	s.origin = d
	d.check(s)
	if len(d.problems) > 0 {
		return nil, Join(d.problems)
	}
	return s, nil
}

// settings reads values whose source is one of three.
type settings struct {
	file     serviceFile
	flags    map[string]string
	problems []Problem
}

// read reads the value that won. One from the file has been checked by then,
// so what is wrong with it is the flag's or the variable's.
func (d *settings) read(k key, written string) {
	r := &reader{src: &source{}, at: map[string]position{}, loose: true}
	k.read(value{&node{kind: kindOf(written), text: written}, r, d.name(k.name)})
	d.problems = append(d.problems, r.problems...)
}

// fail reports a problem with a setting where it was given.
func (d *settings) fail(key, hint, format string, args ...any) {
	p := Problem{Key: d.name(key), Message: fmt.Sprintf(format, args...), Hint: hint}
	if at, ok := d.file.at[key]; ok && !d.given(key) {
		p = d.file.src.problem(at, key, hint, p.Message)
	}
	d.problems = append(d.problems, p)
}

// given reports whether a setting is a flag's or a variable's.
func (d *settings) given(key string) bool {
	_, flag := d.flags[key]
	return flag || os.Getenv(envName(key)) != ""
}

// name is what people call the source of a setting that is not from the file.
func (d *settings) name(key string) string {
	if _, ok := d.flags[key]; ok {
		return "--" + strings.ReplaceAll(key, "_", "-")
	}
	return envName(key)
}

func envName(key string) string { return envPrefix + "_" + strings.ToUpper(key) }

// wholeNumber is what YAML takes for one; variables and flags are only texts.
var wholeNumber = regexp.MustCompile(`^[-+]?[0-9]+$`)

func kindOf(written string) kind {
	switch {
	case written == "true" || written == "false":
		return boolean
	case wholeNumber.MatchString(written):
		return integer
	}
	return text
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

// serviceFile is what is written in syncsvc.yaml.
type serviceFile struct {
	src     *source // nil when there is no file
	at      map[string]position
	scalars map[string]string
	alerts  []Alert
}

// readServiceFile returns the settings in a file as they are written. It reads
// them with the same strict reader as module files; viper would not tell lines
// and unknown keys.
func readServiceFile(root, path string) (serviceFile, []Problem) {
	given := path != ""
	if !given {
		path = filepath.Join(root, DefaultFile)
	}
	src, err := readSource(path)
	if errors.Is(err, fs.ErrNotExist) && !given {
		return serviceFile{}, nil
	}
	if err != nil {
		return serviceFile{}, []Problem{fileProblem(path, err)}
	}
	file := serviceFile{src: src, scalars: map[string]string{}}
	top, problems := parse(src)
	if top == nil || top.kind != object {
		return file, problems
	}
	s := &Service{}
	r := &reader{src: src, at: map[string]position{}, elsewhere: belongsToAlerts}
	value{top, r, ""}.object(serviceKeys(s))
	for _, f := range top.fields {
		if f.name != "alerts" {
			file.scalars[f.name] = f.value.text
		}
	}
	file.at, file.alerts = r.at, s.Alerts
	return file, append(problems, r.problems...)
}
