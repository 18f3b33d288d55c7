package logbook

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestRepeatedFailureIsOneLineAndACounter lets a target be away for an hour,
// tried again every second.
func TestRepeatedFailureIsOneLineAndACounter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p paper
		b := open(t, Options{Out: &p})
		w := b.Module("www")
		for i := range 3600 {
			write(w, "%s", line("WARN", "target away", fmt.Sprintf(`,"target":"a","attempt":%d,"err":"connection refused"`, i)))
			time.Sleep(time.Second)
		}
		closeBook(t, b)
		got, sum := p.lines(), 1
		for i, within := range []string{"", "10s", "1m", "5m", "15m", "38m50s"} {
			count, _ := regexp.MatchString(`repeated="[0-9]+ times in `+within+`"$`, got[i])
			if len(got) != 6 || count != (i > 0) {
				t.Fatalf("line %d of %d is %s", i, len(got), got[i])
			}
			if count {
				n, _ := strconv.Atoi(regexp.MustCompile(`repeated="([0-9]+)`).FindStringSubmatch(got[i])[1])
				sum += n
			}
		}
		if sum != 3600 {
			t.Errorf("%d of 3600 are counted", sum)
		}
	})
}

func TestWhatDoesNotComeAgainIsForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p paper
		b := open(t, Options{Out: &p})
		w := b.Module("www")
		for range 3 {
			write(w, "%s", line("WARN", "target away", ""))
			time.Sleep(time.Minute)
		}
		closeBook(t, b)
		if got := len(p.lines()); got != 3 || strings.Contains(strings.Join(p.lines(), ""), "repeated") {
			t.Errorf("got %q", p.lines())
		}
	})
}

func TestWhatDiffersIsNotRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := open(t, Options{})
		defer closeBook(t, b)
		w := b.Module("www")
		for _, l := range []string{
			line("INFO", "sent", `,"files":1`), line("INFO", "sent", `,"files":2`),
			line("WARN", "away", `,"target":"a","err":"x"`), line("WARN", "away", `,"target":"b","err":"x"`),
			line("WARN", "away", `,"target":"a","err":"y"`), line("ERROR", "away", `,"target":"a","err":"x"`),
		} {
			write(w, "%s", l)
		}
		write(b.Module("bbs"), "%s", line("INFO", "sent", `,"files":1`))
		if got := len(b.Tail(Query{Lines: 99})); got != 7 {
			t.Errorf("%d lines of 7 are shown", got)
		}
		for range 2 * burst {
			write(w, "%s", line("INFO", "sent", `,"files":1`))
		}
		if got := len(b.Tail(Query{Lines: 99})); got != 7+burst-1 {
			t.Errorf("%d lines are shown after many that are the same in everything", got)
		}
	})
}

func TestDifferentLinesWithoutEndAreBounded(t *testing.T) {
	s := repeats{}
	now := epoch()
	for i := range 2 * maxRepeats {
		if s.hold(parse([]byte(line("WARN", fmt.Sprint(i), "")), "www", now), now) {
			t.Fatal("a new line was held back")
		}
	}
	if len(s) != maxRepeats {
		t.Errorf("%d are remembered", len(s))
	}
}

func epoch() time.Time { return time.Date(2026, 11, 20, 3, 0, 0, 0, time.UTC) }
