package config

import (
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/syncsvc/syncsvc/filter"
)

// meaning compares what modules mean, not where that was written.
var meaning = cmp.Options{
	cmpopts.IgnoreUnexported(Module{}),
	cmpopts.IgnoreFields(Module{}, "Filter"),
	cmpopts.IgnoreFields(filter.Rule{}, "Source"),
	cmpopts.IgnoreFields(filter.Regex{}, "Source"),
	cmp.AllowUnexported(Schedule{}),
}

const everyKey = `
watch: /data0/www/www/
targets:
  - rsync://rsync_backup@192.168.222.140:873/www/sub/dir
  - url: ssh://deploy@10.0.0.8:2222/srv/www
    ssh: {identity_file: /etc/syncsvc/keys/www, known_hosts: /etc/syncsvc/known_hosts, options: ["ServerAliveInterval=15"]}
    bwlimit: 20m
    delete: false
    rsync: {timeout: 30, args: ["-rlt"]}
  - /mnt/backup/www
password_file: /etc/rsync.password
threads: 4
full_sync: on-start
delete: true
max_delete: 12.5%
backend: fanotify
poll_every: 1h30m
events: {create_file: false, create_folder: true, close_write: true, modify: false, attrib: true, delete: true, move_from: true, move_to: true}
settle: {quiet: 500ms, at_most: 1m}
exclude: ["*.swp", "/cache/"]
include: ["*.keep"]
filter: ["- /tmp/*"]
exclude_regex: ['(.*)\.svn']
temp_files: mirror
rsync: {program: /usr/local/bin/rsync, args: ["-a", "-H"], timeout: 1d, connect_timeout: 5s, bwlimit: 1.5M, compress: true, partial_dir: off}
fail_log: {path: /var/log/syncsvc/www.fail.log, retry_every: 1m, format: sersync}
full_compare: {schedule: "0 3 * * *", exclude: ["*.iso"]}
enabled: false
priority: 7
nice: -5
ionice: best-effort:6
oom_score_adjust: 500
memory_max: 1.5g
user: mirror
user_runs: instance
log_level: debug
hooks:
  - command: [/usr/local/bin/tell, "--of={module}", "{target}"]
    name: tell
    stdin: paths
    after: all
    on: [deleted, renamed]
    folders: false
    include: ["*.php"]
    exclude: [/cache/]
    include_regex: ['/data0/.*']
    concurrency: 2
    timeout: 10s
    give_up: 1h
    batch: 50
    every: 5s
    queue: 1000
  - http: {url: "https://h/p", format: sersync, secret_file: /k, token_file: /t, ca_file: /c}
  - socket: "unix:///run/s.sock"
  - cdn: {provider: fastly, base: "https://h", service: s1, secret_file: /k, regex: '/a(.*)', endpoint: "http://127.0.0.1:1/", ca_file: /c}
  - mail: {to: [a@b.c], from: d@e.f, server: "smtps://h", subject: s, user: u, password_file: /p, ca_file: /c}
`

func TestEveryKeyArrives(t *testing.T) {
	got := mustDecode(t, everyKey)
	common := Rsync{
		Program: "/usr/local/bin/rsync", Args: []string{"-a", "-H"}, Timeout: day, ConnectTimeout: 5 * time.Second,
		BWLimit: 3 << 19, Compress: true,
	}
	own := common
	own.Args, own.Timeout, own.BWLimit = []string{"-rlt"}, 30*time.Second, 20<<20
	limit := Limit{Percent: 12.5, Set: true}
	want := &Module{
		Name: "www", File: "www.yaml", Watch: "/data0/www/www",
		Targets: []Target{
			{
				URL: "rsync://rsync_backup@192.168.222.140:873/www/sub/dir", Kind: Daemon,
				User: "rsync_backup", Host: "192.168.222.140", Port: 873, Module: "www", Path: "sub/dir",
				PasswordFile: "/etc/rsync.password", Rsync: common, Delete: true, MaxDelete: limit,
			},
			{
				URL: "ssh://deploy@10.0.0.8:2222/srv/www", Kind: Shell, User: "deploy", Host: "10.0.0.8", Port: 2222, Path: "/srv/www",
				SSH:   SSH{"/etc/syncsvc/keys/www", "/etc/syncsvc/known_hosts", []string{"ServerAliveInterval=15"}},
				Rsync: own, MaxDelete: limit,
			},
			{URL: "/mnt/backup/www", Kind: Local, Path: "/mnt/backup/www", Rsync: common, Delete: true, MaxDelete: limit},
		},
		Threads: 4, FullSync: FullOnStart, Backend: BackendFanotify, PollEvery: 90 * time.Minute,
		Events: Events{CreateFolder: true, CloseWrite: true, Attrib: true, Delete: true, MoveFrom: true, MoveTo: true},
		Settle: Settle{500 * time.Millisecond, time.Minute},
		Rules: []filter.Rule{
			{Text: "- /tmp/*", Kind: filter.Full},
			{Text: "*.keep", Kind: filter.Include},
			{Text: "*.swp", Kind: filter.Exclude},
			{Text: "/cache/", Kind: filter.Exclude},
		},
		Regexes:        []filter.Regex{{Text: `(.*)\.svn`}},
		FailLog:        FailLog{"/var/log/syncsvc/www.fail.log", time.Minute, FailLogScript},
		Schedule:       Schedule{cron: "0 3 * * *"},
		CompareExclude: []string{"*.iso"},
		Hooks:          everyHook(),
		Priority:       7, LogLevel: new(slog.LevelDebug),
		Process: Process{
			Nice: -5, IONice: IONice{"best-effort", 6}, OOMScoreAdjust: 500, MemoryMax: 3 << 29,
			User: "mirror", WholeInstance: true,
		},
	}
	if diff := cmp.Diff(want, got, meaning); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if !got.Filter.Excluded("a/b.swp", false) || got.Filter.Excluded("a/b", false) {
		t.Error("the filter was not compiled from the rules")
	}
}

// everyHook are the hooks of everyKey.
func everyHook() []Hook {
	http, socket, cdn, mail := DefaultHook(HookHTTP), DefaultHook(HookSocket), DefaultHook(HookCDN), DefaultHook(HookMail)
	command := Hook{
		Name: "tell", Kind: HookCommand, AfterAll: true, Events: HookEvents{Deleted: true, Renamed: true},
		Include: []string{"*.php"}, Exclude: []string{"/cache/"}, IncludeRegex: []string{"/data0/.*"},
		Concurrency: 2, Timeout: 10 * time.Second, GiveUp: time.Hour, Batch: 50, Every: 5 * time.Second, Queue: 1000,
		Command: CommandHook{Argv: []string{"/usr/local/bin/tell", "--of={module}", "{target}"}, Stdin: HookPaths},
	}
	http.Batch, http.Every = 1, 0 // as sersync
	http.HTTP = HTTPHook{URL: "https://h/p", Format: HookSersync, SecretFile: "/k", TokenFile: "/t", CAFile: "/c"}
	socket.Socket = SocketHook{Network: "unix", Address: "/run/s.sock", Format: HookPath}
	cdn.CDN = CDNHook{
		Provider: CDNFastly, Base: "https://h", Service: "s1", SecretFile: "/k", Regex: "/a(.*)", Endpoint: "http://127.0.0.1:1", CAFile: "/c",
	}
	mail.Mail = MailHook{To: []string{"a@b.c"}, From: "d@e.f", Server: "smtps://h", Subject: "s", User: "u", PasswordFile: "/p", CAFile: "/c"}
	return []Hook{command, http, socket, cdn, mail}
}

func TestFirstRuleDecidesWhateverTheOrderOfKeys(t *testing.T) {
	m := mustDecode(t, "exclude: [\"*.log\"]\ninclude: [keep.log]\nfilter: [\"- /tmp/keep.log\"]\nwatch: /srv/www\ntargets: [/mnt/www]\n")
	for path, want := range map[string]bool{"a.log": true, "keep.log": false, "tmp/keep.log": true} {
		if got := m.Filter.Excluded(path, false); got != want {
			t.Errorf("%s excluded: %v, want %v", path, got, want)
		}
	}
}

func TestRulesKnowTheirLines(t *testing.T) {
	m := mustDecode(t, "watch: /srv/www\ntargets: [/mnt/www]\nexclude:\n  - a\n  - b\nexclude_regex: [c]\n")
	got := []string{m.Rules[0].Source, m.Rules[1].Source, m.Regexes[0].Source}
	if diff := cmp.Diff([]string{"www.yaml:4", "www.yaml:5", "www.yaml:6"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestAnchorsAndMergedKeys(t *testing.T) {
	m := mustDecode(t, `
watch: /srv/www
rsync: &fast {timeout: 30s, compress: true}
targets:
  - &near
    url: rsync://a/www
    rsync: {<<: *fast, timeout: 40s}
  - {<<: *near, url: rsync://b/www, delete: false}
`)
	b := m.Targets[1]
	if b.URL != "rsync://b/www" || b.Rsync.Timeout != 40*time.Second || !b.Rsync.Compress || b.Delete {
		t.Errorf("unexpected target %+v", b)
	}
}

func TestProblemInMergedPartPointsAtWhereItIsWritten(t *testing.T) {
	_, problems := decodeText(t, "watch: /srv/www\nrsync: &r\n  timeout: 5w\ntargets:\n  - {url: /mnt/a, rsync: *r}\n")
	if len(problems) != 2 || problems[0].Line != 3 || problems[1].Line != 3 {
		t.Errorf("unexpected %v", problems)
	}
}

func TestJSONHasTheSameMeaning(t *testing.T) {
	yaml := mustDecode(t, "watch: /srv/www\ntargets: [rsync://h/www]\nthreads: 3\n")
	json := mustDecode(t, "\ufeff{\r\n  \"watch\": \"\\/srv\\u002fwww\",\r\n  \"targets\": [\"rsync:\\/\\/h\\/www\"],\r\n  \"threads\": 3\r\n}\r\n")
	if diff := cmp.Diff(yaml, json, meaning); diff != "" {
		t.Error(diff)
	}
}

func TestEmptyListsAndObjectsMeanDefaults(t *testing.T) {
	plain := mustDecode(t, "watch: /srv/www\ntargets: [/mnt/www]\n")
	empty := mustDecode(t, "watch: /srv/www\ntargets: [/mnt/www]\nexclude:\n  # - later\nevents:\nrsync: {}\nfilter: []\n")
	if diff := cmp.Diff(plain, empty, meaning); diff != "" {
		t.Error(diff)
	}
}

func TestWarnings(t *testing.T) {
	m := mustDecode(t, `
watch: /srv/www
targets:
  - url: ssh://h/srv/www
    ssh: {options: ["StrictHostKeyChecking=no"]}
    args: ["-rl", "--max-size=1g"]
  - /mnt/www
rsync: {args: ["-au", "--copy-links"]}
events: {close_write: false, modify: false}
`)
	want := []string{
		`www.yaml:8:16: rsync.args[0]: with -u files that are newer on the target are not replaced, so it may stay different`,
		`www.yaml:8:23: rsync.args[1]: with --copy-links what a link points to is not watched: changes there wait for a full compare`,
		`www.yaml:6:19: targets[0].args[1]: with --max-size files of other sizes are not mirrored`,
		`www.yaml:5:21: targets[0].ssh.options[0]: with StrictHostKeyChecking=no anybody on the way can pose as the target`,
		`www.yaml:9:9: events: with close_write and modify off, changed contents wait for a full compare`,
		`www.yaml:6:11: targets[0].args: without -a or -t rsync does not keep times, and has to look at every file again and again`,
	}
	if diff := cmp.Diff(want, m.Warnings()); diff != "" {
		t.Error(diff)
	}
}

func TestArgumentsThatAreAllowed(t *testing.T) {
	const args = `["-artuz", "-HAX", "--chmod=D755,F644", "--rsync-path=sudo rsync", "--sockopts=SO_SNDBUF=65536", "-M--fake-super",
	  "-B4096", "--inplace", "--no-owner", "--no-W", "--numeric-ids", "-T=/tmp", "--backup-dir=/old", "-b"]`
	m := mustDecode(t, "watch: /srv/www\ntargets: [/mnt/www]\nrsync: {partial_dir: off, args: "+args+"}\n")
	if got := len(m.Targets[0].Rsync.Args); got != 14 {
		t.Errorf("%d arguments arrived, want 14", got)
	}
}

func TestModulePasswordIsForDaemonsOnly(t *testing.T) {
	m := mustDecode(t, "watch: /srv/www\npassword_file: /p\ntargets: [rsync://h/www, ssh://h/srv/www, /mnt/www]\n")
	got := []string{m.Targets[0].PasswordFile, m.Targets[1].PasswordFile, m.Targets[2].PasswordFile}
	if diff := cmp.Diff([]string{"/p", "", ""}, got); diff != "" {
		t.Error(diff)
	}
}

func TestLimits(t *testing.T) {
	for written, want := range map[string]Limit{
		"100": {Count: 100, Set: true}, "0": {Set: true}, "50%": {Percent: 50, Set: true}, "0.5%": {Percent: 0.5, Set: true}, "off": {Off: true, Set: true},
	} {
		m := mustDecode(t, "watch: /srv/www\ntargets: [/mnt/www]\nmax_delete: "+written+"\n")
		if got := m.Targets[0].MaxDelete; got != want || got.String() != written {
			t.Errorf("%s: got %+v (%s), want %+v", written, got, got, want)
		}
	}
	if got := mustDecode(t, "watch: /srv/www\ntargets: [/mnt/www]\n").Targets[0].MaxDelete; got != (Limit{Percent: 50}) {
		t.Errorf("default is %+v, want 50%% and not Set", got)
	}
}
