package watch

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func at(ms int) time.Time { return time.Unix(1000, 0).Add(time.Duration(ms) * time.Millisecond) }

func duePaths(s *settle, now time.Time) []string {
	var out []string
	for _, u := range s.due(now) {
		out = append(out, u.path)
	}
	return out
}

func TestCreatedFileWaitsForItsCloseAtMostTwoSeconds(t *testing.T) {
	s := newSettle(DefaultQuiet, DefaultAtMost)
	s.created("a", at(0))
	if got := duePaths(s, at(1999)); got != nil {
		t.Errorf("due early: %v", got)
	}
	if got := s.next(); !got.Equal(at(2000)) {
		t.Errorf("next is %v", got)
	}
	if d := cmp.Diff([]string{"a"}, duePaths(s, at(2000))); d != "" {
		t.Errorf("due (-want +got):\n%s", d)
	}
	if !s.next().IsZero() || !s.oldest().IsZero() {
		t.Error("something still waits")
	}
}

func TestGrowingFileIsToldOfEveryThirtySeconds(t *testing.T) {
	s := newSettle(DefaultQuiet, DefaultAtMost)
	s.created("log", at(0))
	var told []int
	for ms := 0; ms <= 70_000; ms += 500 {
		if len(s.due(at(ms))) > 0 {
			told = append(told, ms)
		}
		s.modified("log", at(ms))
	}
	if d := cmp.Diff([]int{30_000, 60_000}, told); d != "" {
		t.Errorf("told at (-want +got):\n%s", d)
	}
}

func TestModifiedFileIsToldOfWhenQuiet(t *testing.T) {
	s := newSettle(DefaultQuiet, DefaultAtMost)
	s.modified("a", at(0))
	s.modified("b", at(100))
	s.modified("a", at(1500))
	if d := cmp.Diff([]string{"b"}, duePaths(s, at(2200))); d != "" {
		t.Errorf("due (-want +got):\n%s", d)
	}
	if got := s.oldest(); !got.Equal(at(0)) {
		t.Errorf("oldest is %v, want when a was first modified", got)
	}
	if d := cmp.Diff([]string{"a"}, duePaths(s, at(3500))); d != "" {
		t.Errorf("due (-want +got):\n%s", d)
	}
}

func TestTooManySettlingFilesDoNotWait(t *testing.T) {
	s := newSettle(DefaultQuiet, DefaultAtMost)
	for i := range mostSettling + 10 {
		s.created(itoa(i), at(i))
	}
	got := duePaths(s, at(1000))
	if len(got) != 10 || got[0] != "0" || got[9] != "9" {
		t.Errorf("told of %v, want the ten oldest", got)
	}
}

func TestHalvesOfARenameFindEachOther(t *testing.T) {
	var p pairing
	p.depart(7, departure{path: "a", since: at(0), at: at(10)})
	p.depart(8, departure{path: "b", since: at(5), at: at(50)})
	if got := p.oldest(); !got.Equal(at(0)) {
		t.Errorf("oldest is %v", got)
	}
	if d, ok := p.arrive(7); !ok || d.path != "a" {
		t.Errorf("partner of 7 is %v, %v", d, ok)
	}
	if _, ok := p.arrive(7); ok {
		t.Error("7 arrived twice")
	}
	hold := int(renameHold / time.Millisecond)
	if got := p.expired(at(50 + hold - 1)); got != nil {
		t.Errorf("expired early: %v", got)
	}
	if got := p.next(); !got.Equal(at(50 + hold)) {
		t.Errorf("next is %v", got)
	}
	if got := p.expired(at(50 + hold)); len(got) != 1 || got[0].path != "b" {
		t.Errorf("expired: %v, want b", got)
	}
}
