package checkpoint

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/syncsvc/syncsvc/change"
)

func TestFailListIsKeptAsItWas(t *testing.T) {
	s := newStore(t)
	moment := rapid.Custom(func(r *rapid.T) time.Time {
		return time.Unix(rapid.Int64Range(0, 1<<33).Draw(r, "s"), rapid.Int64Range(0, 999_999_999).Draw(r, "ns")).UTC()
	})
	bytes := rapid.Custom(func(r *rapid.T) string {
		return string(rapid.SliceOf(rapid.Byte()).Draw(r, "bytes"))
	})
	failure := rapid.Custom(func(r *rapid.T) Failure {
		return Failure{
			Path:     bytes.Draw(r, "path"),
			Scope:    uint8(rapid.SampledFrom([]change.Scope{change.Entry, change.Listing, change.Tree}).Draw(r, "scope")),
			Reason:   bytes.Draw(r, "reason"),
			First:    moment.Draw(r, "first"),
			Last:     moment.Draw(r, "last"),
			Next:     moment.Draw(r, "next"),
			Attempts: rapid.IntMin(0).Draw(r, "attempts"),
			Held:     rapid.IntMin(0).Draw(r, "held"),
		}
	})
	rapid.Check(t, func(r *rapid.T) {
		want := rapid.SliceOfN(failure, 1, 20).Draw(r, "list")
		if err := s.SaveFailures(target, want); err != nil {
			r.Fatal(err)
		}
		got, err := s.Failures(target)
		if err != nil {
			r.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			r.Fatal(diff)
		}
	})
}

func TestNoFailuresIsNoList(t *testing.T) {
	s := newStore(t)
	for range 2 {
		if got, err := s.Failures(target); got != nil || err != nil {
			t.Errorf("got %v, %v, want nothing", got, err)
		}
		must(t, s.SaveFailures(target, []Failure{{Path: "a"}}))
		must(t, s.SaveFailures(target, nil))
	}
}

// TestScanIsKeptAsATree: the list does not tell since when to scan.
func TestScanIsKeptAsATree(t *testing.T) {
	s := newStore(t)
	must(t, s.SaveFailures(target, []Failure{{Path: "a", Scope: uint8(change.Scan)}}))
	list, err := s.Failures(target)
	must(t, err)
	if len(list) != 1 || change.Scope(list[0].Scope) != change.Tree {
		t.Errorf("got %+v, want a tree", list)
	}
}

func TestUnknownScopeIsRefused(t *testing.T) {
	s := newStore(t)
	must(t, s.SaveFailures(target, []Failure{{Path: "kept"}}))
	if err := s.SaveFailures(target, []Failure{{Path: "a", Scope: 9}}); err == nil {
		t.Error("no error")
	}
	if list, err := s.Failures(target); err != nil || len(list) != 1 || list[0].Path != "kept" {
		t.Errorf("the old list became %v, %v", list, err)
	}
}
