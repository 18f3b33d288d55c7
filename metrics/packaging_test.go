package metrics

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/prometheus/client_golang/prometheus"
)

// metric is how metrics of ours are named in queries.
var metric = regexp.MustCompile(`syncsvc_[a-z_]+`)

// known returns the names that a query may have, with those of the parts of
// histograms.
func known(t *testing.T) map[string]bool {
	t.Helper()
	r := prometheus.NewRegistry()
	r.MustRegister(New(sample))
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, f := range families {
		names[f.GetName()] = true
		if f.GetType().String() == "HISTOGRAM" {
			for _, part := range []string{"_bucket", "_sum", "_count"} {
				names[f.GetName()+part] = true
			}
		}
	}
	return names
}

func mustKnow(t *testing.T, expr string) {
	t.Helper()
	names := known(t)
	found := metric.FindAllString(expr, -1)
	if len(found) == 0 {
		t.Errorf("a query without a metric of ours: %s", expr)
	}
	for _, name := range found {
		if !names[name] {
			t.Errorf("%s does not exist", name)
		}
	}
	for _, pair := range []string{"()", "{}", "[]"} {
		if strings.Count(expr, pair[:1]) != strings.Count(expr, pair[1:]) {
			t.Errorf("%s do not match in %s", pair, expr)
		}
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestAlertRulesAskForMetricsThatExist(t *testing.T) {
	var file struct {
		Groups []struct {
			Name  string
			Rules []struct {
				Alert, Expr, For    string
				Labels, Annotations map[string]string
			}
		}
	}
	if err := yaml.UnmarshalWithOptions(read(t, "../packaging/prometheus/syncsvc.rules.yml"), &file, yaml.DisallowUnknownField()); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, g := range file.Groups {
		for _, r := range g.Rules {
			mustKnow(t, r.Expr)
			if r.Alert == "" || seen[r.Alert] || r.Labels["severity"] == "" || r.Annotations["summary"] == "" || r.Annotations["description"] == "" {
				t.Errorf("incomplete or twice: %+v", r)
			}
			seen[r.Alert] = true
		}
	}
	if len(seen) == 0 {
		t.Error("there are no rules")
	}
}

func TestDashboardAsksForMetricsThatExist(t *testing.T) {
	var board struct {
		Title      string
		Templating struct {
			List []struct{ Name, Definition string }
		}
		Panels []struct {
			ID          int
			Type, Title string
			GridPos     struct{ X, Y, W, H int }
			Targets     []struct{ RefID, Expr string }
		}
	}
	text := read(t, "../packaging/grafana/syncsvc.json")
	if err := json.Unmarshal(text, &board); err != nil {
		t.Fatal(err)
	}
	for _, name := range metric.FindAllString(string(text), -1) {
		if !known(t)[name] {
			t.Errorf("%s does not exist", name)
		}
	}
	ids := map[int]bool{}
	for _, p := range board.Panels {
		if ids[p.ID] || p.GridPos.X+p.GridPos.W > 24 || p.GridPos.H == 0 {
			t.Errorf("panel %q: its number or its place is wrong", p.Title)
		}
		ids[p.ID] = true
		if p.Type != "row" && len(p.Targets) == 0 {
			t.Errorf("panel %q shows nothing", p.Title)
		}
		for _, target := range p.Targets {
			mustKnow(t, target.Expr)
		}
	}
	if board.Title == "" || len(board.Templating.List) < 4 || len(ids) < 10 {
		t.Error("the dashboard is not whole")
	}
}

// TestEveryMetricIsShown finds metrics that neither the dashboard nor a rule
// shows, unless that is meant.
func TestEveryMetricIsShown(t *testing.T) {
	all := string(read(t, "../packaging/grafana/syncsvc.json")) + string(read(t, "../packaging/prometheus/syncsvc.rules.yml"))
	unused := map[string]string{
		"syncsvc_start_time_seconds":                     "for queries by hand",
		"syncsvc_module_folders_watched":                 "watches are shown",
		"syncsvc_module_scans_total":                     "overflows are shown",
		"syncsvc_target_transfers":                       "paths in flight are shown",
		"syncsvc_target_jobs_total":                      "times of jobs are shown",
		"syncsvc_target_full_syncs_total":                "for queries by hand",
		"syncsvc_target_received_bytes_total":            "bytes sent are shown",
		"syncsvc_target_last_success_timestamp_seconds":  "lag is shown",
		"syncsvc_target_complete_upto_timestamp_seconds": "lag is shown",
		"syncsvc_hook_last_success_timestamp_seconds":    "what is told is shown",
	}
	for name := range known(t) {
		base := regexp.MustCompile(`_(bucket|sum|count)$`).ReplaceAllString(name, "")
		if _, ok := unused[name]; !ok && !strings.Contains(all, base) {
			t.Errorf("%s is shown nowhere", name)
		}
	}
}
