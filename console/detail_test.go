package console

import (
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/syncsvc/syncsvc/control"
)

func stripped(text string) string { return ansi.Strip(text) }

func TestModuleInDetail(t *testing.T) {
	next := noon.Add(4 * time.Second)
	s := &control.Status{
		Module: "www", State: control.Degraded, Reason: "rsync://b/www: connection refused", Since: *before(time.Minute),
		Pid: 4711, Started: *before(time.Hour), Watch: "/srv/www", Backend: "inotify", BackendWhy: "fanotify needs CAP_SYS_ADMIN",
		Folders: 1204, Events: 88, Watches: 1204, WatchLimit: 65536, LogLevel: "debug", LostMounts: []control.Path{"mnt/disk"},
		PolledAll: 3, Polled: []string{"a", "b"}, WatchHint: "sysctl fs.inotify.max_user_watches=131072",
		Targets: []control.Target{
			{
				URL: "rsync://a/www", State: control.Live, Upto: before(time.Second), LastSuccess: before(time.Second),
				Owed: 3, InFlight: 2, Lag: 1.5, Counters: control.Counters{Jobs: 4, Sent: 20, Deleted: 1, BytesSent: 1 << 20, Retries: 2},
				Transfers: []control.Job{{What: "flat", Path: "a\nb", Paths: 2, Started: *before(3 * time.Second), Bytes: 5 << 20}},
			},
			{
				URL: "rsync://b/www", State: control.Backoff, Reason: "connection refused", Hint: "start rsyncd there", NextTry: &next,
				LastError: "rsync: failed to connect\nmore", LastErrorAt: before(time.Minute), Failing: 2, Held: 5,
				FailList: []control.Failure{{Path: "secret", Reason: "Permission denied (13)"}},
			},
		},
	}
	m := control.Module{
		File: "/etc/syncsvc/conf.d/www.yaml", Wanted: control.WantedUp, Restarts: 1, Memory: 30 << 20,
		Deaths: []control.Death{{
			Time: *before(2 * time.Hour), Cause: "killed by signal 9", Lived: 3600, Pid: 99,
			First: []string{"panic: boom"}, Last: []string{"goroutine 1 \x1b[31m"}, Dump: "/var/lib/syncsvc/www/death.1",
		}},
		Problems: []control.Problem{{Text: "www.yaml:3:10: threads: 5000 is out of range 1..1000\n     3 | threads: 5000", File: "www.yaml", Line: 3, Message: "threads: 5000 is out of range 1..1000"}},
	}
	m.Take(s)
	golden(t, "module", plain().Module(m))
}

func TestModuleThatDoesNotRunInDetail(t *testing.T) {
	golden(t, "module_down", plain().Module(control.Module{
		Name: "www", File: "/etc/syncsvc/conf.d/www.yaml", Wanted: control.WantedDisabled,
		WantedWhy: "/etc/syncsvc/conf.d/www.yaml:4", State: control.Disabled, Since: *before(time.Hour),
	}))
}

func TestEventIsOneLine(t *testing.T) {
	at := noon.Add(-time.Minute)
	var b strings.Builder
	for _, e := range []control.Event{
		{Time: at, Kind: control.EventState, Module: "www", State: control.Backoff, Was: control.Live, Target: "rsync://b/www", Text: "live -> backoff: connection refused", Hint: "start rsyncd there"},
		{Time: at, Kind: control.EventArrival, Module: "www", Target: "rsync://a/www", Text: "3 paths, 1.2 MiB", Path: "x", Count: 3},
		{Time: at, Kind: control.EventFailure, Module: "www", Text: "evil\x1b[2J\nname: Permission denied"},
		{Time: at.Add(-24 * time.Hour), Kind: control.EventDied, Module: "bbs", Text: "killed by signal 9"},
		{Time: at, Kind: control.EventLost, Text: "17 events are missing here", Count: 17},
	} {
		b.WriteString(plain().Event(e) + "\n")
	}
	golden(t, "events", b.String())
}

func TestReloadSaysWhatHappenedToEachModule(t *testing.T) {
	r := control.Reload{Settings: []control.SettingChange{
		{KeyChange: control.KeyChange{Key: "max_rsyncs", Old: "off", New: "4"}, Where: "/etc/syncsvc/syncsvc.yaml:2"},
		{KeyChange: control.KeyChange{Key: "drain_timeout", Old: "10s", New: "20s"}, Where: "/etc/syncsvc/syncsvc.yaml:3", Restart: true},
	}, Modules: []control.ModuleReload{
		{Module: "a", Action: control.Untouched},
		{Module: "b", Action: control.Untouched},
		{Module: "new", Action: control.AddModule, FullSync: []string{"rsync://a/new"}},
		{Module: "gone", Action: control.RemoveModule, Why: "its file is gone"},
		{Module: "fast", Action: control.InPlace, Changes: []control.KeyChange{{Key: "bwlimit", Old: "", New: "10M"}}},
		{Module: "more", Action: control.Retarget, Added: []string{"rsync://c/more"}, Removed: []string{"rsync://b/more"}, FullSync: []string{"rsync://c/more"}},
		{
			Module: "rules", Action: control.Restart, Why: "filter changed", Changes: []control.KeyChange{{Key: "exclude", Old: "*.tmp", New: "*.tmp\n*.log"}},
			Filter: &control.FilterEffect{Sent: 2, Left: 1204, SentLike: []control.Path{"a", "b"}, LeftLike: []control.Path{"1.log", "2\n.log"}},
		},
		{Module: "bad", Action: control.KeepOld, Why: "its file is invalid"},
		{Module: "stuck", Action: control.Restart, Error: "it did not start"},
	}}
	plan := plain().Reload(r)
	r.Applied = true
	golden(t, "reload", "PLAN\n"+plan+"\nDONE\n"+plain().Reload(r))
}

func TestListsSayWhatAndWhy(t *testing.T) {
	w := control.WhyAnswer{
		Path: "logs/a.log", Exists: true, Kind: "file", Mirrored: false, Rule: "exclude *.log", Where: "/etc/syncsvc/conf.d/www.yaml:7",
		Targets: []control.WhyTarget{
			{Target: "rsync://a/www", Verdict: "not there, and it will not be", LastSent: before(time.Hour)},
			{Target: "rsync://b/www", Verdict: "fails", Failure: &control.Failure{Attempts: 3, Reason: "Permission denied (13)", Next: noon.Add(time.Minute)}},
		},
	}
	failures := []control.TargetFailure{
		{Module: "www", Target: "rsync://a/www", Failure: control.Failure{Path: "a/very/secret", Reason: "mkstemp failed: Permission denied (13)", Attempts: 3, First: *before(time.Hour), Next: noon.Add(30 * time.Second)}},
		{Module: "www", Target: "rsync://b/www", Failure: control.Failure{Path: control.Path(strings.Repeat("deep/", 40)), Reason: "x", Attempts: 1, First: noon, Next: noon}},
	}
	differences := []control.Difference{
		{Target: "rsync://a/www", Path: "new", What: "missing", Owed: true},
		{Target: "rsync://a/www", Path: "old", What: "extra"},
		{Target: "rsync://a/www", Path: "m", What: "attributes: time, mode"},
	}
	l := plain()
	golden(t, "lists", l.Why(w)+"\n"+l.Failures(failures)+"\n"+l.Differences(differences))
}

func TestProgressSaysWhatMovesAndWhatWaits(t *testing.T) {
	p := control.Progress{Targets: []control.TargetProgress{
		{Target: "rsync://a/www", Files: 1204, Bytes: 5 << 20, Rate: 1 << 20, Percent: 41.7, ETA: 90},
		{Target: "rsync://b/www", Waiting: "away: connection refused", Percent: 120},
		{Target: "rsync://c/www", Files: 1, Done: true, Percent: 3, Deleted: 7},
		{Target: "rsync://d/www", Done: true, Error: "vanished", Percent: 30},
	}}
	golden(t, "progress", strings.Join(plain().Progress(p), "\n")+"\n"+plain().ProgressLine(p.Targets[0])+"\n")
}

func TestLogRecordIsOneLine(t *testing.T) {
	at := noon.Add(-time.Minute)
	var b strings.Builder
	for _, r := range []control.LogRecord{
		{Time: at, Level: "info", Module: "www", Text: "module started", Attrs: control.LogAttrs{{Key: "pid", Value: []byte("4711")}, {Key: "path", Value: []byte(`"a b\u001b[2J"`)}}},
		{Time: at, Level: "warn", Module: "www", Target: "rsync://a/www", Text: "target is away", Repeated: 128, Within: 300},
		{Time: at, Level: "error", Module: "www", Text: "panic: boom\x07", Raw: true},
		{Lost: 12},
	} {
		b.WriteString(plain().Record(r) + "\n")
	}
	golden(t, "log", b.String())
}
