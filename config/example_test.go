package config

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/syncsvc/syncsvc/templates"
)

func example(t *testing.T, name string) string {
	t.Helper()
	text, err := templates.Render(name, nil)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// switchedOff is how the examples show a key: a "#" and no space, or two where
// it belongs to the one above. Words for people have one space, or three.
var switchedOff = regexp.MustCompile(`(?m)^#((?:  (?:  |- )?)?[a-z_]+:|  # )`)

func switchOn(text string) string {
	return switchedOff.ReplaceAllString(text, "$1")
}

func TestModuleExampleIsAModule(t *testing.T) {
	m := mustDecode(t, example(t, "module.yaml"))
	plain := mustDecode(t, "watch: /data0/www/www\ntargets: [\"rsync://rsync_backup@192.168.222.140:873/www\"]\n")
	if diff := cmp.Diff(plain, m, meaning); diff != "" {
		t.Errorf("the example does more than it says:\n%s", diff)
	}
}

// TestModuleExampleShowsTheDefaults takes the "#" away everywhere: nothing may
// change but what has no default.
func TestModuleExampleShowsTheDefaults(t *testing.T) {
	text := strings.ReplaceAll(switchOn(example(t, "module.yaml")), "exclude_from:", "#exclude_from:")
	got := mustDecode(t, text)
	want := mustDecode(t, example(t, "module.yaml"))
	if len(got.Rules) == 0 || len(got.Regexes) == 0 || got.FailLog.Path == "" || len(got.CompareExclude) == 0 || got.Schedule.Off() || got.Targets[0].PasswordFile == "" ||
		got.LogLevel == nil || got.Process.User == "" || got.Process.IONice == (IONice{}) {
		t.Error("an example is missing")
	}
	want.Rules, want.Regexes, want.FailLog.Path, want.Schedule, want.CompareExclude = got.Rules, got.Regexes, got.FailLog.Path, got.Schedule, got.CompareExclude
	if len(got.Hooks) != 2 || got.Hooks[1].HTTP.SecretFile == "" {
		t.Errorf("the hooks shown are %+v", got.Hooks)
	}
	want.Hooks = got.Hooks
	want.LogLevel, want.Process.User, want.Process.IONice = got.LogLevel, got.Process.User, got.Process.IONice
	want.Targets[0].PasswordFile = got.Targets[0].PasswordFile
	if !got.Targets[0].MaxDelete.Set {
		t.Error("max_delete was not read")
	}
	got.Targets[0].MaxDelete.Set = false
	if diff := cmp.Diff(want, got, meaning); diff != "" {
		t.Errorf("the example shows other defaults, -real +shown:\n%s", diff)
	}
}

func TestModuleExampleShowsEveryKey(t *testing.T) {
	text := switchOn(example(t, "module.yaml"))
	for _, name := range moduleKeyNames() {
		if !regexp.MustCompile(`(?m)^ *` + name + `:`).MatchString(text) {
			t.Errorf("%s is not in the example", name)
		}
	}
	// The keys of a target are in the text above the first option.
	for _, name := range append((&decoder{}).sshKeys(&SSH{}).names(), "url", "ssh") {
		if !regexp.MustCompile(`(?m)^# +(- )?` + name + `:`).MatchString(text) {
			t.Errorf("%s is not in the example", name)
		}
	}
}

// moduleKeyNames returns the keys of a module file and of the objects in it.
func moduleKeyNames() []string {
	d := &decoder{m: defaultModule()}
	return slices.Concat(d.schema().names(), eventKeys(&Events{}).names(), settleKeys(&Settle{}).names(),
		failLogKeys(&FailLog{}).names(), d.compareKeys(d.m).names(), d.rsyncKeys(&Rsync{}).names())
}

func TestModuleExampleNamesEveryKeyOfHooks(t *testing.T) {
	_, text, _ := strings.Cut(example(t, "module.yaml"), "Whom to tell")
	text, _, _ = strings.Cut(text, "\n#hooks:")
	var h Hook
	for _, name := range slices.Concat((&decoder{}).hookKeys(&h).names(), httpKeys(&h.HTTP).names(), socketKeys(&h.Socket).names(),
		cdnKeys(&h.CDN).names(), mailKeys(&h.Mail).names()) {
		if !regexp.MustCompile(`\b` + name + `\b`).MatchString(text) {
			t.Errorf("%s is not in the example", name)
		}
	}
}

func TestModuleExampleNamesTheRanges(t *testing.T) {
	text := example(t, "module.yaml")
	for _, want := range []string{
		"1 to 1000",
		formatDuration(minPoll) + " to " + formatDuration(maxPoll),
		formatDuration(minQuiet) + " to " + formatDuration(maxQuiet),
		formatDuration(minAtMost) + " to " + formatDuration(maxAtMost),
		formatDuration(minRetry) + " to " + formatDuration(maxRetry),
		formatDuration(minConnect) + " to " + formatDuration(maxConnect),
		formatDuration(minEvery) + " to " + formatDuration(maxEvery),
		formatSize(minBWLimit) + " to " + formatSize(maxBWLimit),
		formatSize(minMemoryMax) + " to " + formatSize(maxMemoryMax),
		"0 to " + strconv.Itoa(maxPriority),
		"1 to " + strconv.Itoa(maxConcurrency),
		"1 to " + strconv.Itoa(maxBatch),
		strconv.Itoa(minHookQueue) + " to " + strconv.Itoa(maxHookQueue),
		formatDuration(minHookTimeout) + " to 1h",
		formatDuration(minGiveUp) + " to " + formatDuration(maxGiveUp),
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the example does not say %q", want)
		}
	}
}

// TestServiceExampleShowsTheDefaults takes the "#" away everywhere: what has a
// default is shown with it.
func TestServiceExampleShowsTheDefaults(t *testing.T) {
	file, problems := readServiceFile("", newConfDir(t).write("syncsvc.yaml", switchOn(example(t, "syncsvc.yaml"))))
	if len(problems) > 0 {
		t.Fatal(Join(problems))
	}
	for key, real := range serviceDefaults() {
		shown, there := file.scalars[key]
		if !there || (real != "" && shown != real) || (real == "" && shown == "") {
			t.Errorf("%s: %q is shown, the default is %q", key, shown, real)
		}
	}
	if len(file.alerts) < 2 {
		t.Error("no alerts are shown")
	}
}

func TestServiceExampleShowsEveryKey(t *testing.T) {
	text := example(t, "syncsvc.yaml")
	for _, k := range serviceKeys(&Service{}) {
		if !strings.Contains(text, "\n#"+k.name+":") {
			t.Errorf("%s is not in the example", k.name)
		}
	}
	for _, k := range alertKeys(&Alert{}) {
		if !strings.Contains(text, "\n#   "+k.name+" ") {
			t.Errorf("%s of alerts is not in the example", k.name)
		}
	}
}

func TestServiceExampleNamesTheRanges(t *testing.T) {
	text := example(t, "syncsvc.yaml")
	for _, want := range []string{
		formatDuration(minDrain) + " to " + formatDuration(maxDrain),
		formatDuration(minHung) + " to " + formatDuration(maxHung),
		formatDuration(minOver) + " to " + formatDuration(maxOver),
		formatDuration(minAlertEvery) + " to " + formatDuration(maxAlertEvery),
		formatDuration(defaultAlertTimeout) + " unless written",
		formatSize(minLogSize) + " to " + formatSize(maxLogSize),
		formatSize(minBandwidth) + " to " + formatSize(maxBandwidth),
		"1 to " + strconv.Itoa(maxLogKeep),
		"up to " + strconv.Itoa(maxRsyncs),
		"at\n# least " + strconv.Itoa(minToken),
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the example does not say %q", want)
		}
	}
}
