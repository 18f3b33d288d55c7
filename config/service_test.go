package config

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/syncsvc/syncsvc/control"
)

// settingsOnly compares settings, not where they were written.
var settingsOnly = cmpopts.IgnoreUnexported(Service{})

func service(t *testing.T, text string, flags map[string]string) (*Service, error) {
	t.Helper()
	return LoadService(ServiceSource{File: newConfDir(t).write("syncsvc.yaml", text), Flags: flags})
}

func TestServiceRunsWithoutAnySettings(t *testing.T) {
	want := &Service{
		ConfDir: "/etc/syncsvc/conf.d", StateDir: "/var/lib/syncsvc", RunDir: "/run/syncsvc", LogDir: "/var/log/syncsvc",
		DrainTimeout: 10 * time.Second, LogLevel: slog.LevelInfo, LogFormat: LogAuto,
		LogFiles: LogFiles{Size: 20 << 20, Keep: 5}, HungAfter: 30 * time.Second,
	}
	for _, text := range []string{"", "# only comments\n", "---\n", "{}\n"} {
		got, err := service(t, text, nil)
		if err != nil {
			t.Errorf("%q: %v", text, err)
		}
		if diff := cmp.Diff(want, got, settingsOnly); diff != "" {
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
		DrainTimeout: time.Minute, LogLevel: slog.LevelDebug, LogFormat: LogJSON, ConfDirGiven: true,
		LogFiles: LogFiles{Size: 20 << 20, Keep: 5}, HungAfter: 30 * time.Second,
	}
	if diff := cmp.Diff(want, got, settingsOnly); diff != "" {
		t.Error(diff)
	}
}

func TestSettingKnowsWhereItStands(t *testing.T) {
	t.Setenv("SYNCSVC_STATE_DIR", "/env")
	dir := newConfDir(t)
	file := dir.write("syncsvc.yaml", "# mine\nconf_dir: /file\nstate_dir: /file\nhung_after: 1m\nalerts: []\n")
	s, err := LoadService(ServiceSource{File: file, Flags: map[string]string{"conf_dir": "/flag"}})
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{
		"conf_dir": "--conf-dir", "state_dir": "SYNCSVC_STATE_DIR", "hung_after": file + ":4", "alerts": file + ":5", "log_dir": file,
	} {
		if got := s.Place(key); got != want {
			t.Errorf("%s is given by %q, want %q", key, got, want)
		}
	}
	if got := (&Service{}).Place("log_dir"); got != "" {
		t.Errorf("settings that nobody wrote are from %q", got)
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
		`FILE:3:13: log_format: "xml" is none of auto, text, json, journald ()`,
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
	t.Setenv("SYNCSVC_MAX_RSYNCS", "many")
	_, err := service(t, "", map[string]string{"drain_timeout": "soon", "log_files": "maybe", "listen": "8730"})
	var got []string
	for _, p := range Problems(err) {
		got = append(got, p.Error())
	}
	want := []string{
		`--drain-timeout: "soon" is not a time`,
		`SYNCSVC_LOG_LEVEL: "loud" is none of debug, info, warn, error`,
		`--log-files: is a text, not true or false`,
		`SYNCSVC_MAX_RSYNCS: is a text, not a whole number`,
		`--listen: "8730" is not host:port`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestVariablesAndFlagsHaveNoTypes(t *testing.T) {
	t.Setenv("SYNCSVC_MAX_RSYNCS", "8")
	t.Setenv("SYNCSVC_MAX_BANDWIDTH", "0")
	t.Setenv("SYNCSVC_LOG_FILES", "true")
	t.Setenv("SYNCSVC_SOCKET_GROUP", "true") // a group may be called so
	got, err := service(t, "max_rsyncs: 3\nmax_bandwidth: 1m\n", map[string]string{"max_full_syncs": "off", "hung_after": "60", "listen": ""})
	if err != nil {
		t.Fatal(err)
	}
	if want := (Budget{Rsyncs: 8}); got.Budget != want {
		t.Errorf("budget is %+v, want %+v", got.Budget, want)
	}
	if !got.LogFiles.On || got.HungAfter != time.Minute || got.Control.Group != "true" {
		t.Errorf("unexpected %+v", got)
	}
}

func TestContradictionIsShownWhereItWasWritten(t *testing.T) {
	_, err := service(t, "token_file: /t\n", map[string]string{"listen": "192.0.2.1:8730"})
	if got := Problems(err); len(got) != 1 || got[0].Error() != "--listen: 192.0.2.1:8730 can be reached from elsewhere, and without TLS the token could be read on the way" {
		t.Errorf("got %v", got)
	}
	t.Setenv("SYNCSVC_TOKEN_FILE", "/t")
	_, err = service(t, "", nil)
	if got := Problems(err); len(got) != 1 || got[0].Key != "SYNCSVC_TOKEN_FILE" {
		t.Errorf("got %v", got)
	}
}

func TestEveryKeyOfAnAlertArrives(t *testing.T) {
	got, err := service(t, `
alerts:
  - {on: lag, over: 5m, webhook: "https://example.org/hook?token=x"}
  - name: page
    on: failures
    count: 10
    modules: ["www*", bbs]
    command: [/usr/local/bin/page, --urgent, "two words"]
    every: 1h
    timeout: 5s
  - {on: down, command: [logger], every: off}
`, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []Alert{
		{Name: "lag", On: control.AlertLag, Over: 5 * time.Minute, Webhook: "https://example.org/hook?token=x", Timeout: 30 * time.Second},
		{
			Name: "page", On: control.AlertFailures, Count: 10, Modules: []string{"www*", "bbs"},
			Command: []string{"/usr/local/bin/page", "--urgent", "two words"}, Every: time.Hour, Timeout: 5 * time.Second,
		},
		{Name: "down", On: control.AlertDown, Command: []string{"logger"}, Timeout: 30 * time.Second},
	}
	if diff := cmp.Diff(want, got.Alerts); diff != "" {
		t.Error(diff)
	}
}

func TestWhatTheSettingsNameHasToBeThere(t *testing.T) {
	c := newConfDir(t)
	token := c.write("token", "short\n")
	c.write("syncsvc.yaml", "socket_group: nobody-knows\nlisten: 127.0.0.1:0\ntoken_file: "+token+"\ntls_cert: /nowhere/crt\n"+
		"alerts: [{on: held, command: [/nowhere/tell]}]\n")
	s, err := LoadService(ServiceSource{File: c.path + "/syncsvc.yaml", Flags: map[string]string{"tls_key": "/nowhere/key"}})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range s.CheckSystem() {
		got = append(got, strings.ReplaceAll(p.Error(), c.path, "DIR"))
	}
	want := []string{
		`DIR/syncsvc.yaml:1:15: socket_group: there is no group "nobody-knows" on this machine`,
		`DIR/syncsvc.yaml:3:13: token_file: DIR/token is too short for a token, which has at least 16 characters`,
		`DIR/syncsvc.yaml:4:11: tls_cert: /nowhere/crt: no such file or directory`,
		`--tls-key: /nowhere/key: no such file or directory`,
		`DIR/syncsvc.yaml:5:30: alerts[0].command: /nowhere/tell cannot be run: no such file or directory`,
	}
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
