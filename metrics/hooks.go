package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/syncsvc/syncsvc/control"
)

func hookFigures() []figure[*control.HookStatus] {
	labels := []string{"module", "hook", "kind"}
	g := func(name, help string, value func(*control.HookStatus) float64) figure[*control.HookStatus] {
		return gaugeOf("hook_"+name, help, value, labels...)
	}
	c := func(name, help string, value func(*control.HookStatus) int64) figure[*control.HookStatus] {
		return counterOf("hook_"+name+"_total", help, func(h *control.HookStatus) float64 { return float64(value(h)) }, labels...)
	}
	return []figure[*control.HookStatus]{
		g("waiting", "Paths that the hook has not told of yet.", func(h *control.HookStatus) float64 { return float64(h.Waiting) }),
		g("away", "1 while the hook's receiver is away.", func(h *control.HookStatus) float64 { return yes(h.NextTry != nil) }),
		g("last_success_timestamp_seconds", "When the hook last told of something, in seconds since 1970; 0 = never.",
			func(h *control.HookStatus) float64 { return unix(h.LastSuccess) }),
		c("delivered", "Paths that the hook has told of.", func(h *control.HookStatus) int64 { return h.Delivered }),
		c("failed", "Paths that the hook has given up.", func(h *control.HookStatus) int64 { return h.Failed }),
		c("collapsed", "Paths that were left out because too many waited.", func(h *control.HookStatus) int64 { return h.Collapsed }),
		c("retries", "Attempts of the hook that failed and were made again.", func(h *control.HookStatus) int64 { return h.Retries }),
	}
}

func (f figures) ofHook(ch chan<- prometheus.Metric, module string, h *control.HookStatus) {
	for _, g := range f.hook {
		ch <- prometheus.MustNewConstMetric(g.desc, g.kind, g.value(h), module, label(h.Name), h.Kind)
	}
}
