package main

import (
	"strings"
	"testing"
	"time"
)

func seconds(values ...float64) series {
	var s series
	for _, v := range values {
		s = append(s, took{d: time.Duration(v * float64(time.Second))})
	}
	return s
}

func TestPercentilesAreMeasuredValues(t *testing.T) {
	s := seconds(5, 1, 4, 2, 3)
	for q, want := range map[float64]string{0: "1.00 s", 0.5: "3.00 s", 0.8: "4.00 s", 0.99: "5.00 s", 1: "5.00 s"} {
		if got := s.at(q).String(); got != want {
			t.Errorf("at %v: got %s, want %s", q, got, want)
		}
	}
}

func TestMedianOfAnEvenNumberIsHalfway(t *testing.T) {
	for want, s := range map[string]series{
		"2.00 s": seconds(1, 2, 3), "2.50 s": seconds(1, 2, 3, 4), "7.00 s": seconds(7), "1.50 s": seconds(2, 1),
		"> 3.00 s": append(seconds(9), took{3 * time.Second, true}),
	} {
		if got := s.median().String(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestUnfinishedIsLongest(t *testing.T) {
	s := append(seconds(8, 9), took{5 * time.Second, true})
	if got := s.at(1).String(); got != "> 5.00 s" {
		t.Errorf("got %s", got)
	}
	if got := s.String(); got != "9.00 s (8.00–> 5.00)" {
		t.Errorf("got %s", got)
	}
	if got := (series{}).median(); !got.over {
		t.Errorf("nothing measured counts as %s", got)
	}
}

func TestRangeHasTheUnitOfTheMedian(t *testing.T) {
	for want, s := range map[string]series{
		"12 ms (8–110)":       seconds(0.008, 0.012, 0.110),
		"1.05 s (0.90–12.00)": seconds(0.9, 1.05, 12),
		"9.5 ms (2.0–1500.0)": seconds(0.002, 0.0095, 1.5),
		"120 s":               seconds(120),
		"61.2 s (60.0–70.3)":  seconds(60, 61.2, 70.3),
		"> 60.0 s":            {{time.Minute, true}, {time.Minute, true}},
	} {
		if got := s.String(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestReachIsMetOnlyWhenKnown(t *testing.T) {
	exact := func(v float64) number { return number{v: v} }
	least := func(c claim) claim { c.least = true; return c }
	for _, tt := range []struct {
		claim claim
		text  string
		met   bool
	}{
		{compared(exact(2), exact(4), "x", 0.5), "0.50 x", true},
		{compared(exact(3), exact(4), "x", 0.5), "0.75 x", false},
		{compared(exact(2), number{4, true}, "x", 0.5), "< 0.50 x", true},
		{compared(number{2, true}, exact(4), "x", 0.5), "> 0.50 x", false},
		{compared(number{2, true}, number{4, true}, "x", 0.5), "about 0.50 x", false},
		{least(compared(exact(6), exact(4), "x", 1.5)), "1.50 x", true},
		{least(compared(number{6, true}, exact(4), "x", 1.5)), "> 1.50 x", true},
		{least(compared(exact(6), number{4, true}, "x", 1.5)), "< 1.50 x", false},
	} {
		if got := tt.claim.String(); got != tt.text {
			t.Errorf("got %s, want %s", got, tt.text)
		}
		if got := tt.claim.met(); got != tt.met {
			t.Errorf("%s of %v: met %t, want %t", tt.claim, tt.claim.reach, got, tt.met)
		}
	}
}

func TestLineHasARowForEachClaim(t *testing.T) {
	both := []claim{{what: "x one", ratio: number{v: 1}, reach: 2}, {what: "x two", ratio: number{v: 3}}}
	grid := table{[]line{{work: "work", cells: map[string]string{nameSyncsvc: "1 s"}, claims: both}}}.grid()
	var got []string
	for _, row := range grid[1:] {
		got = append(got, strings.Join(row, "|"))
	}
	want := "work|–|–|–|–|1 s|1.00 x one|≤ 2: met\n||||||3.00 x two|"
	if text := strings.Join(got, "\n"); text != want {
		t.Errorf("got\n%s\nwant\n%s", text, want)
	}
}
