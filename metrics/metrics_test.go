package metrics

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.uber.org/goleak"

	"github.com/syncsvc/syncsvc/control"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// sample is a service in which every metric has a value.
func sample() control.Overview {
	at := time.Date(2026, 11, 20, 3, 0, 0, 0, time.UTC)
	times := &control.Histogram{Bounds: []float64{0.1, 1}, Counts: []uint64{3, 2, 1}, Sum: 7.5}
	return control.Overview{
		Version: "1.2.3", Pid: 1, Started: at, State: control.Backoff,
		Problems: []control.Problem{{File: "bbs.yaml"}},
		Budget:   &control.Budget{Rsyncs: 8, RsyncsUsed: 3, Bandwidth: 1 << 20, BandwidthUsed: 1000, Waiting: 2},
		Modules: []control.Module{
			{
				Name: "www", Wanted: control.WantedUp, State: control.Backoff, Pid: 7, Restarts: 2, Memory: 1 << 20,
				Status: &control.Status{
					Folders: 10, PolledAll: 1, Watches: 10, WatchLimit: 8192, Events: 99, Overflows: 1, Scans: 4,
					Targets: []control.Target{
						{
							URL: "rsync://a/www", State: control.Backoff, Owed: 5, InFlight: 2, Lag: 12.5, LastSuccess: &at, Upto: &at, Held: 3, Failing: 4,
							Transfers: []control.Job{{}}, JobTimes: times, Delays: times,
							Counters: control.Counters{Jobs: 6, FullSyncs: 1, Sent: 100, Deleted: 7, Renamed: 2, BytesSent: 4096, BytesReceived: 512, Errors: 3, Retries: 9},
						},
						{URL: "/mnt/\xff", State: control.Live},
					},
					Hooks: []control.HookStatus{{Name: "purge", Kind: "cdn", Waiting: 2, Delivered: 40, Failed: 1, Collapsed: 3, Retries: 5, NextTry: &at}},
				},
			},
			{Name: "old", Wanted: control.WantedDisabled, State: control.Disabled},
		},
	}
}

func TestMetricsAreAsPrometheusWantsThem(t *testing.T) {
	problems, err := testutil.CollectAndLint(New(sample))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
	if err := prometheus.NewPedanticRegistry().Register(New(sample)); err != nil {
		t.Error(err)
	}
}

func TestFiguresAreThoseOfTheOverview(t *testing.T) {
	want := `
# HELP syncsvc_module_up 1 when the module's process runs.
# TYPE syncsvc_module_up gauge
syncsvc_module_up{module="old"} 0
syncsvc_module_up{module="www"} 1
# HELP syncsvc_module_wanted 1 when the module is to run: not stopped and not disabled.
# TYPE syncsvc_module_wanted gauge
syncsvc_module_wanted{module="old"} 0
syncsvc_module_wanted{module="www"} 1
# HELP syncsvc_module_restarts_total How often the module was started again after its process died.
# TYPE syncsvc_module_restarts_total counter
syncsvc_module_restarts_total{module="old"} 0
syncsvc_module_restarts_total{module="www"} 2
# HELP syncsvc_target_lag_seconds Age of the oldest change that is not on the target yet.
# TYPE syncsvc_target_lag_seconds gauge
syncsvc_target_lag_seconds{module="www",target="/mnt/�"} 0
syncsvc_target_lag_seconds{module="www",target="rsync://a/www"} 12.5
# HELP syncsvc_target_last_success_timestamp_seconds When something arrived last, in seconds since 1970; 0 = never.
# TYPE syncsvc_target_last_success_timestamp_seconds gauge
syncsvc_target_last_success_timestamp_seconds{module="www",target="/mnt/�"} 0
syncsvc_target_last_success_timestamp_seconds{module="www",target="rsync://a/www"} 1.7951436e+09
# HELP syncsvc_target_job_duration_seconds How long runs of rsync took.
# TYPE syncsvc_target_job_duration_seconds histogram
syncsvc_target_job_duration_seconds_bucket{module="www",target="rsync://a/www",le="0.1"} 3
syncsvc_target_job_duration_seconds_bucket{module="www",target="rsync://a/www",le="1"} 5
syncsvc_target_job_duration_seconds_bucket{module="www",target="rsync://a/www",le="+Inf"} 6
syncsvc_target_job_duration_seconds_sum{module="www",target="rsync://a/www"} 7.5
syncsvc_target_job_duration_seconds_count{module="www",target="rsync://a/www"} 6
# HELP syncsvc_hook_waiting Paths that the hook has not told of yet.
# TYPE syncsvc_hook_waiting gauge
syncsvc_hook_waiting{hook="purge",kind="cdn",module="www"} 2
# HELP syncsvc_hook_delivered_total Paths that the hook has told of.
# TYPE syncsvc_hook_delivered_total counter
syncsvc_hook_delivered_total{hook="purge",kind="cdn",module="www"} 40
# HELP syncsvc_budget_limit What all modules together may use of a resource.
# TYPE syncsvc_budget_limit gauge
syncsvc_budget_limit{resource="bytes_per_second"} 1.048576e+06
syncsvc_budget_limit{resource="rsyncs"} 8
`
	err := testutil.CollectAndCompare(New(sample), strings.NewReader(want), "syncsvc_module_up", "syncsvc_module_wanted", "syncsvc_module_restarts_total",
		"syncsvc_target_lag_seconds", "syncsvc_target_last_success_timestamp_seconds", "syncsvc_target_job_duration_seconds", "syncsvc_hook_waiting", "syncsvc_hook_delivered_total", "syncsvc_budget_limit")
	if err != nil {
		t.Error(err)
	}
}

func TestModuleIsInOneState(t *testing.T) {
	want := "# HELP syncsvc_module_state 1 for the state that the module is in, 0 for the others.\n# TYPE syncsvc_module_state gauge\n"
	o := control.Overview{Modules: []control.Module{{Name: "www", State: control.Live}}}
	for _, s := range states() {
		value := "0"
		if s == control.Live {
			value = "1"
		}
		want += `syncsvc_module_state{module="www",state="` + string(s) + `"} ` + value + "\n"
	}
	if err := testutil.CollectAndCompare(New(func() control.Overview { return o }), strings.NewReader(want), "syncsvc_module_state"); err != nil {
		t.Error(err)
	}
}

func TestScrape(t *testing.T) {
	s := httptest.NewServer(Handler(sample))
	defer s.Close()
	resp, err := http.Get(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	defer http.DefaultClient.CloseIdleConnections()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %v", resp.Status, err)
	}
	for _, line := range []string{`syncsvc_build_info{version="1.2.3"} 1`, `syncsvc_target_retries_total{module="www",target="rsync://a/www"} 9`, `syncsvc_config_problems 1`} {
		if !strings.Contains(string(text), line+"\n") {
			t.Errorf("%s is missing in\n%s", line, text)
		}
	}
}
