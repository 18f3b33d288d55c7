// Package metrics shows the service to Prometheus.
//
// It counts nothing itself: all figures are those of [control.Overview], read
// anew for each scrape. There is a series for each module and target that is
// configured, never for a path.
package metrics

import (
	"net/http"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/syncsvc/syncsvc/control"
)

// maxScrapes is how many may be answered at a time.
const maxScrapes = 4

// Handler answers scrapes with the figures of an overview. Overview is called
// by several goroutines, and its answer only read.
func Handler(overview func() control.Overview) http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(New(overview))
	return promhttp.HandlerFor(registry, promhttp.HandlerOpts{MaxRequestsInFlight: maxScrapes})
}

// Collector makes metrics of an overview.
type Collector struct {
	overview func() control.Overview
	figures  figures
}

// New returns a collector for a registry of the caller's.
func New(overview func() control.Overview) *Collector {
	return &Collector{overview: overview, figures: newFigures()}
}

// Describe implements [prometheus.Collector].
func (c *Collector) Describe(ch chan<- *prometheus.Desc) {
	f := c.figures
	for _, s := range f.service {
		ch <- s.desc
	}
	for _, m := range f.module {
		ch <- m.desc
	}
	for _, i := range f.instance {
		ch <- i.desc
	}
	for _, t := range f.target {
		ch <- t.desc
	}
	for _, h := range f.histograms {
		ch <- h.desc
	}
	for _, h := range f.hook {
		ch <- h.desc
	}
	for _, d := range []*prometheus.Desc{f.build, f.state, f.budget, f.budgetUsed} {
		ch <- d
	}
}

// Collect implements [prometheus.Collector].
func (c *Collector) Collect(ch chan<- prometheus.Metric) {
	o := c.overview()
	f := c.figures
	for _, s := range f.service {
		ch <- prometheus.MustNewConstMetric(s.desc, s.kind, s.value(&o))
	}
	ch <- gauge(f.build, 1, o.Version)
	if b := o.Budget; b != nil {
		f.shares(ch, b)
	}
	for i := range o.Modules {
		f.ofModule(ch, &o.Modules[i])
	}
}

// shares sends what is limited for all modules together.
func (f figures) shares(ch chan<- prometheus.Metric, b *control.Budget) {
	for _, r := range []struct {
		name        string
		limit, used int64
	}{
		{"rsyncs", int64(b.Rsyncs), int64(b.RsyncsUsed)},
		{"full_syncs", int64(b.FullSyncs), int64(b.FullSyncsUsed)},
		{"bytes_per_second", b.Bandwidth, b.BandwidthUsed},
	} {
		if r.limit > 0 {
			ch <- gauge(f.budget, float64(r.limit), r.name)
			ch <- gauge(f.budgetUsed, float64(r.used), r.name)
		}
	}
}

func (f figures) ofModule(ch chan<- prometheus.Metric, m *control.Module) {
	name := label(m.Name)
	for _, g := range f.module {
		ch <- prometheus.MustNewConstMetric(g.desc, g.kind, g.value(m), name)
	}
	for _, s := range states() {
		ch <- gauge(f.state, yes(m.State == s), name, string(s))
	}
	if m.Status == nil {
		return
	}
	for _, g := range f.instance {
		ch <- prometheus.MustNewConstMetric(g.desc, g.kind, g.value(m.Status), name)
	}
	for i := range m.Status.Targets {
		f.ofTarget(ch, name, &m.Status.Targets[i])
	}
	for i := range m.Status.Hooks {
		f.ofHook(ch, name, &m.Status.Hooks[i])
	}
}

func (f figures) ofTarget(ch chan<- prometheus.Metric, module string, t *control.Target) {
	url := label(t.URL)
	for _, g := range f.target {
		ch <- prometheus.MustNewConstMetric(g.desc, g.kind, g.value(t), module, url)
	}
	for _, h := range f.histograms {
		if v := h.value(t); v != nil && len(v.Counts) == len(v.Bounds)+1 {
			ch <- histogram(h.desc, v, module, url)
		}
	}
}

func gauge(d *prometheus.Desc, v float64, labels ...string) prometheus.Metric {
	return prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
}

// histogram adds the classes up, as Prometheus wants them.
func histogram(d *prometheus.Desc, h *control.Histogram, labels ...string) prometheus.Metric {
	upto := map[float64]uint64{}
	var count uint64
	for i, bound := range h.Bounds {
		count += h.Counts[i]
		upto[bound] = count
	}
	count += h.Counts[len(h.Bounds)]
	return prometheus.MustNewConstHistogram(d, count, h.Sum, upto, labels...)
}

// label is a value that is UTF-8, as all labels have to be.
func label(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

func yes(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// states are all that a module can be in.
func states() []control.State {
	return []control.State{
		control.Disabled, control.WaitingSource, control.Starting, control.Scanning, control.Live, control.Degraded,
		control.Paused, control.Backoff, control.Held, control.Stopped, control.Misconfigured,
	}
}
