package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/syncsvc/syncsvc/control"
)

// figure is a metric and where its value is found.
type figure[From any] struct {
	desc  *prometheus.Desc
	kind  prometheus.ValueType
	value func(From) float64
}

// classes is a histogram and where it is found.
type classes struct {
	desc  *prometheus.Desc
	value func(*control.Target) *control.Histogram
}

// figures are all metrics.
type figures struct {
	service    []figure[*control.Overview]
	module     []figure[*control.Module]
	instance   []figure[*control.Status] // of modules that run
	target     []figure[*control.Target]
	histograms []classes
	hook       []figure[*control.HookStatus]

	build, state, budget, budgetUsed *prometheus.Desc
}

func newFigures() figures {
	return figures{
		service:    serviceFigures(),
		module:     moduleFigures(),
		instance:   instanceFigures(),
		target:     append(targetGauges(), targetCounters()...),
		histograms: targetHistograms(),
		hook:       hookFigures(),
		build:      desc("build_info", "Always 1; the version is in the label.", "version"),
		state:      desc("module_state", "1 for the state that the module is in, 0 for the others.", "module", "state"),
		budget:     desc("budget_limit", "What all modules together may use of a resource.", "resource"),
		budgetUsed: desc("budget_used", "What all modules together use of a resource that is limited.", "resource"),
	}
}

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("syncsvc_"+name, help, labels, nil)
}

func gaugeOf[From any](name, help string, value func(From) float64, labels ...string) figure[From] {
	return figure[From]{desc(name, help, labels...), prometheus.GaugeValue, value}
}

func counterOf[From any](name, help string, value func(From) float64, labels ...string) figure[From] {
	return figure[From]{desc(name, help, labels...), prometheus.CounterValue, value}
}

func serviceFigures() []figure[*control.Overview] {
	return []figure[*control.Overview]{
		gaugeOf("start_time_seconds", "When the service was started, in seconds since 1970.",
			func(o *control.Overview) float64 { return unix(&o.Started) }),
		gaugeOf("config_problems", "Problems of files that are no module because of them.",
			func(o *control.Overview) float64 { return float64(len(o.Problems)) }),
		gaugeOf("budget_waiting", "How many transfers wait for their share of what is limited.",
			func(o *control.Overview) float64 {
				if o.Budget == nil {
					return 0
				}
				return float64(o.Budget.Waiting)
			}),
	}
}

func moduleFigures() []figure[*control.Module] {
	g := func(name, help string, value func(*control.Module) float64) figure[*control.Module] {
		return gaugeOf("module_"+name, help, value, "module")
	}
	return []figure[*control.Module]{
		g("up", "1 when the module's process runs.", func(m *control.Module) float64 { return yes(m.Pid != 0) }),
		g("wanted", "1 when the module is to run: not stopped and not disabled.", func(m *control.Module) float64 { return yes(m.Wanted == control.WantedUp) }),
		g("config_problems", "Problems of the module's file; what runs is the version before.", func(m *control.Module) float64 { return float64(len(m.Problems)) }),
		g("memory_bytes", "Resident memory of the module's process, without its rsyncs.", func(m *control.Module) float64 { return float64(m.Memory) }),
		counterOf("module_restarts_total", "How often the module was started again after its process died.",
			func(m *control.Module) float64 { return float64(m.Restarts) }, "module"),
	}
}

func instanceFigures() []figure[*control.Status] {
	g := func(name, help string, value func(*control.Status) int64) figure[*control.Status] {
		return gaugeOf("module_"+name, help, func(s *control.Status) float64 { return float64(value(s)) }, "module")
	}
	c := func(name, help string, value func(*control.Status) int64) figure[*control.Status] {
		return counterOf("module_"+name, help, func(s *control.Status) float64 { return float64(value(s)) }, "module")
	}
	return []figure[*control.Status]{
		g("folders_watched", "Folders that the kernel tells about.", func(s *control.Status) int64 { return s.Folders }),
		g("folders_polled", "Folders that are looked at now and then, for want of watches.", func(s *control.Status) int64 { return s.PolledAll }),
		g("watches", "inotify watches that the module holds.", func(s *control.Status) int64 { return s.Watches }),
		g("watches_limit", "fs.inotify.max_user_watches, for all programs of the user together.", func(s *control.Status) int64 { return s.WatchLimit }),
		g("lost_mounts", "Folders in the tree where a file system was mounted and is not any more.", func(s *control.Status) int64 { return int64(len(s.LostMounts)) }),
		c("events_total", "Events that the kernel told.", func(s *control.Status) int64 { return s.Events }),
		c("overflows_total", "How often the kernel dropped events; each is repaired by a scan.", func(s *control.Status) int64 { return s.Overflows }),
		c("scans_total", "Walks that looked for what changed.", func(s *control.Status) int64 { return s.Scans }),
	}
}

func targetGauges() []figure[*control.Target] {
	g := func(name, help string, value func(*control.Target) float64) figure[*control.Target] {
		return gaugeOf("target_"+name, help, value, "module", "target")
	}
	return []figure[*control.Target]{
		g("up", "0 while the target is away.", func(t *control.Target) float64 { return yes(t.State != control.Backoff) }),
		g("lag_seconds", "Age of the oldest change that is not on the target yet.", func(t *control.Target) float64 { return t.Lag }),
		g("owed_paths", "Paths and folders that are not on the target yet.", func(t *control.Target) float64 { return float64(t.Owed) }),
		g("in_flight_paths", "Those of them that are being sent.", func(t *control.Target) float64 { return float64(t.InFlight) }),
		g("transfers", "rsync processes at work for the target.", func(t *control.Target) float64 { return float64(len(t.Transfers)) }),
		g("held_deletions", "Deletions that wait for approval.", func(t *control.Target) float64 { return float64(t.Held) }),
		g("failing_paths", "Paths on the fail list.", func(t *control.Target) float64 { return float64(t.Failing) }),
		g("last_success_timestamp_seconds", "When something arrived last, in seconds since 1970; 0 = never.", func(t *control.Target) float64 { return unix(t.LastSuccess) }),
		g("complete_upto_timestamp_seconds", "Everything changed before it is on the target, in seconds since 1970; 0 = not known.", func(t *control.Target) float64 { return unix(t.Upto) }),
	}
}

func targetCounters() []figure[*control.Target] {
	c := func(name, help string, value func(control.Counters) int64) figure[*control.Target] {
		return counterOf("target_"+name, help, func(t *control.Target) float64 { return float64(value(t.Counters)) }, "module", "target")
	}
	return []figure[*control.Target]{
		c("jobs_total", "Runs of rsync that ended.", func(n control.Counters) int64 { return n.Jobs }),
		c("full_syncs_total", "Comparisons of everything that ended.", func(n control.Counters) int64 { return n.FullSyncs }),
		c("sent_files_total", "Files and other entries sent.", func(n control.Counters) int64 { return n.Sent }),
		c("deleted_files_total", "Entries deleted on the target.", func(n control.Counters) int64 { return n.Deleted }),
		c("renamed_files_total", "Entries renamed on the target instead of sent.", func(n control.Counters) int64 { return n.Renamed }),
		c("sent_bytes_total", "Bytes sent.", func(n control.Counters) int64 { return n.BytesSent }),
		c("received_bytes_total", "Bytes received.", func(n control.Counters) int64 { return n.BytesReceived }),
		c("errors_total", "Jobs that failed.", func(n control.Counters) int64 { return n.Errors }),
		c("retries_total", "Paths sent again after they failed.", func(n control.Counters) int64 { return n.Retries }),
	}
}

func targetHistograms() []classes {
	return []classes{
		{
			desc("target_job_duration_seconds", "How long runs of rsync took.", "module", "target"),
			func(t *control.Target) *control.Histogram { return t.JobTimes },
		},
		{
			desc("target_delay_seconds", "How long changes took to arrive on the target.", "module", "target"),
			func(t *control.Target) *control.Histogram { return t.Delays },
		},
	}
}

// unix is a moment as Prometheus writes it; 0 when there is none.
func unix(t *time.Time) float64 {
	if t == nil || t.IsZero() {
		return 0
	}
	return float64(t.UnixMilli()) / 1000
}
