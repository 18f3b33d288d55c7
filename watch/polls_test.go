package watch

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/syncsvc/syncsvc/change"
)

func TestPolledFoldersAreFoldedIntoThoseAbove(t *testing.T) {
	p := newPolls(time.Minute)
	p.add("a/b", true, at(0))
	p.add("a/b/c", true, at(10))
	p.add("d", true, at(20))
	if d := cmp.Diff([]string{"a/b", "d"}, p.paths()); d != "" {
		t.Errorf("polled (-want +got):\n%s", d)
	}
	p.add("a", true, at(30))
	if d := cmp.Diff([]string{"a", "d"}, p.paths()); d != "" {
		t.Errorf("polled (-want +got):\n%s", d)
	}
	if got := p.folders["a"].last; !got.Equal(at(0)) {
		t.Errorf("a was told of at %v, want when the first of it was", got)
	}
}

func TestTooManyPolledFoldersBecomeTheOnesAbove(t *testing.T) {
	p := newPolls(time.Minute)
	p.add("few/x", true, at(0))
	for i := range 2 * mostPolled {
		p.add(fmt.Sprintf("many/of/f%d", i), true, at(0))
	}
	if d := cmp.Diff([]string{"few/x", "many/of"}, p.paths()); d != "" {
		t.Errorf("polled (-want +got):\n%s", d)
	}
	for i := range 2 * mostPolled {
		p.add(fmt.Sprintf("top%d", i), true, at(0))
	}
	if d := cmp.Diff([]string{"."}, p.paths()); d != "" {
		t.Errorf("polled (-want +got):\n%s", d)
	}
}

func TestPolledFoldersFollowRenamesAndAreDue(t *testing.T) {
	p := newPolls(time.Second)
	p.add("a/b", true, at(0))
	p.add("c", false, at(500))
	p.rename("a", "z")
	scans, retry := p.due(at(1200), time.Time{})
	want := []change.Change{{Path: "z/b", Scope: change.Scan, Since: at(0)}}
	if d := cmp.Diff(want, scans); d != "" {
		t.Errorf("scans (-want +got):\n%s", d)
	}
	if d := cmp.Diff([]string{"z/b"}, retry); d != "" {
		t.Errorf("retried (-want +got):\n%s", d)
	}
	if got := p.oldest(); !got.Equal(at(500)) {
		t.Errorf("oldest is %v, want that of c", got)
	}
	if got := p.next(); !got.Equal(at(1500)) {
		t.Errorf("next is %v", got)
	}
	p.drop("z")
	if d := cmp.Diff([]string{"c"}, p.paths()); d != "" {
		t.Errorf("polled (-want +got):\n%s", d)
	}
}

func TestPolledFoldersAreDueOnceWhenAsked(t *testing.T) {
	p := newPolls(time.Hour)
	p.add("a", false, at(0))
	p.add("b", false, at(500))
	for _, now := range []int{600, 700} {
		scans, _ := p.due(at(now), at(300))
		if want := map[int]int{600: 1, 700: 0}[now]; len(scans) != want {
			t.Errorf("at %d: %v, want %d folders", now, scans, want)
		}
	}
}
