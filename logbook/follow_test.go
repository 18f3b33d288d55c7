package logbook

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/syncsvc/syncsvc/control"
)

func TestFollowerGetsThePastAndThenTheRest(t *testing.T) {
	b := open(t, Options{})
	defer closeBook(t, b)
	w := b.Module("www")
	for i := range 5 {
		write(w, "%s", line("INFO", fmt.Sprint(i), ""))
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var got []string
	for r := range b.Follow(ctx, Query{Module: "www", Lines: 2}) {
		got = append(got, r.Text)
		switch r.Text {
		case "4":
			write(b.Module("bbs"), "%s", line("INFO", "of another", ""))
			write(w, "%s", line("INFO", "5", ""))
			write(w, "%s", line("INFO", "6", ""))
		case "6":
			cancel()
		}
	}
	if diff := cmp.Diff([]string{"3", "4", "5", "6"}, got); diff != "" {
		t.Error(diff)
	}
	if len(b.followers) != 0 {
		t.Error("it is still followed")
	}
}

func TestSlowFollowerIsToldWhatItMisses(t *testing.T) {
	b := open(t, Options{})
	defer closeBook(t, b)
	w := b.Module("www")
	write(w, "%s", line("INFO", "begin", ""))
	var got []control.LogRecord
	for r := range b.Follow(t.Context(), Query{Lines: 1}) {
		got = append(got, r)
		if r.Text == "begin" {
			for i := range maxBehind + 7 {
				write(w, "%s", line("INFO", fmt.Sprint(i), ""))
			}
		}
		if r.Lost > 0 {
			break
		}
	}
	if last := got[len(got)-1]; len(got) != maxBehind+2 || last.Lost != 7 {
		t.Errorf("%d lines, the last %+v", len(got), last)
	}
}
