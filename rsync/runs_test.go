package rsync

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestRecordedRuns reads what rsync 3.5.0 printed in real runs and expects what
// they came to. SYNCSVC_UPDATE=1 rewrites the expectations, to be read through.
func TestRecordedRuns(t *testing.T) {
	files, err := filepath.Glob("testdata/runs/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no recorded runs", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			part := parts(t, file)
			got := describe(replay(t, part))
			if os.Getenv("SYNCSVC_UPDATE") != "" {
				update(t, file, got)
				return
			}
			if diff := cmp.Diff(part["want"], got); diff != "" {
				t.Errorf("result (-want +got):\n%s", diff)
			}
		})
	}
}

// replay judges a recorded run.
func replay(t *testing.T, part map[string]string) Result {
	t.Helper()
	target := Target{User: "bob", Host: "backup", Module: "m"}
	j := Job{Delete: true, MaxDelete: -1}
	code := 0
	for line := range strings.Lines(part["job"]) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch name {
		case "kind":
			target.Kind = map[string]Kind{"daemon": Daemon, "ssh": SSH, "local": Local}[value]
		case "to":
			target.Path = value
		case "base":
			j.Base = value
		case "tree":
			j.Tree = true
		case "path":
			path, err := strconv.Unquote(value)
			if err != nil {
				t.Fatal(err)
			}
			j.Paths = append(j.Paths, path)
		case "code":
			code, _ = strconv.Atoi(value)
		default:
			t.Fatalf("unknown word %q", name)
		}
	}
	out, errs := &tally{unknown: chatter, flat: !j.Tree}, &tally{unknown: trouble}
	if target.Kind == SSH {
		errs.unknown = foreign
	}
	readLines(strings.NewReader(part["stdout"]), out.line)
	readLines(strings.NewReader(part["stderr"]), errs.line)
	v := verdict{target: target, job: j, end: ending{code: code}, said: append(errs.said, out.said...)}
	v.resolver = newResolver(target, j, func(string) []string { return nil })
	v.result = Result{Code: code, NewDirs: out.newDirs, Sent: out.sent, Deleted: out.deleted}
	v.judge()
	return v.result
}

// describe writes what matters of a result, one fact a line.
func describe(r Result) string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s: %s\n", r.Class, r.Reason)
	if r.Hint != "" {
		fmt.Fprintf(&text, "hint: %s\n", r.Hint)
	}
	for _, f := range r.Failed {
		fmt.Fprintf(&text, "failed %q %s\n", f.Path, f.Kind)
	}
	for _, list := range []struct {
		name  string
		paths []string
	}{{"vanished", r.Vanished}, {"new", r.NewDirs}, {"kept", r.Kept}, {"ignored", r.Ignored}} {
		for _, path := range list.paths {
			fmt.Fprintf(&text, "%s %q\n", list.name, path)
		}
	}
	fmt.Fprintf(&text, "sent %d, deleted %d, held %d\n", r.Sent, r.Deleted, r.Skipped)
	return text.String()
}

// parts cuts a file at its "-- name --" lines.
func parts(t *testing.T, file string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	part, name := map[string]string{}, ""
	for line := range strings.Lines(string(text)) {
		if mark, ok := strings.CutPrefix(strings.TrimSpace(line), "-- "); ok && strings.HasSuffix(mark, " --") {
			name = strings.TrimSuffix(mark, " --")
			continue
		}
		part[name] += line
	}
	return part
}

func update(t *testing.T, file, want string) {
	t.Helper()
	text, _ := os.ReadFile(file)
	before, _, _ := strings.Cut(string(text), "-- want --\n")
	if err := os.WriteFile(file, []byte(before+"-- want --\n"+want), 0o644); err != nil {
		t.Fatal(err)
	}
}
