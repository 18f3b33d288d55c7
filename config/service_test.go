package config

import (
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func service(t *testing.T, text string, flags map[string]string) (*Service, error) {
	t.Helper()
	return LoadService(ServiceSource{File: newConfDir(t).write("syncsvc.yaml", text), Flags: flags})
}

func TestServiceRunsWithoutAnySettings(t *testing.T) {
	want := &Service{
		ConfDir: "/etc/syncsvc/conf.d", StateDir: "/var/lib/syncsvc", RunDir: "/run/syncsvc", LogDir: "/var/log/syncsvc",
		DrainTimeout: 10 * time.Second, LogLevel: slog.LevelInfo, LogFormat: "text",
	}
	for _, text := range []string{"", "# only comments\n", "---\n", "{}\n"} {
		got, err := service(t, text, nil)
		if err != nil {
			t.Errorf("%q: %v", text, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
	}
}

func TestFlagWinsOverEnvironmentWinsOverFile(t *testing.T) {
	const file = "conf_dir: /file\nstate_dir: /file\nrun_dir: /file\nlog_level: debug\nlog_format: json\ndrain_timeout: 5\n"
	t.Setenv("SYNCSVC_CONF_DIR", "/env")
	t.Setenv("SYNCSVC_STATE_DIR", "/env")
	t.Setenv("SYNCSVC_RUN_DIR", "") // as good as not set
	t.Setenv("SYNCSVC_DRAIN_TIMEOUT", "1m")
	got, err := service(t, file, map[string]string{"conf_dir": "/flag/"})
	if err != nil {
		t.Fatal(err)
	}
	want := &Service{
		ConfDir: "/flag", StateDir: "/env", RunDir: "/file", LogDir: "/var/log/syncsvc",
		DrainTimeout: time.Minute, LogLevel: slog.LevelDebug, LogFormat: "json", ConfDirGiven: true,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestServiceFileIsAsStrictAsModules(t *testing.T) {
	_, err := service(t, "confdir: /x\nlog_level: loud\nlog_format: xml\ndrain_timeout: 11m\nstate_dir: here\nconf_dir: [/a]\n", nil)
	var got []string
	for _, p := range Problems(err) {
		p.File = "FILE"
		got = append(got, p.Error()+" ("+p.Hint+")")
	}
	want := []string{
		`FILE:1:1: unknown key "confdir" (did you mean conf_dir?)`,
		`FILE:2:12: log_level: "loud" is none of debug, info, warn, error ()`,
		`FILE:3:13: log_format: "xml" is none of text, json ()`,
		`FILE:4:16: drain_timeout: 11m is out of range 0s..10m ()`,
		`FILE:5:12: state_dir: "here" is not an absolute path (paths begin with /, because the service does not run in a folder of yours)`,
		`FILE:6:11: conf_dir: is a list, not a text ()`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestBadFlagAndBadVariableAreNamed(t *testing.T) {
	t.Setenv("SYNCSVC_LOG_LEVEL", "loud")
	_, err := service(t, "", map[string]string{"drain_timeout": "soon"})
	var got []string
	for _, p := range Problems(err) {
		got = append(got, p.Error())
	}
	want := []string{`--drain-timeout: "soon" is not a time`, `SYNCSVC_LOG_LEVEL: "loud" is none of debug, info, warn, error`}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestNamedServiceFileMustExist(t *testing.T) {
	if _, err := LoadService(ServiceSource{File: "/nonexistent/syncsvc.yaml"}); err == nil {
		t.Error("it does not matter")
	}
}

func TestOnlyAFolderSomebodyChoseMustExist(t *testing.T) {
	missing := t.TempDir() + "/conf.d"
	if _, err := (&Service{ConfDir: missing, ConfDirGiven: true}).Modules(); err == nil {
		t.Error("a chosen folder may be missing")
	}
	if modules, err := (&Service{ConfDir: missing}).Modules(); err != nil || modules != nil {
		t.Errorf("the default folder: %v, %v", modules, err)
	}
}
