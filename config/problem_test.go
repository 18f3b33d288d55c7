package config

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestProblemsReadAsOneError(t *testing.T) {
	first := (&source{file: "b.yaml", text: "one\ntwo\tthree\n"}).problem(position{2, 5}, "key", "try again", "is wrong")
	second := Problem{File: "a.yaml", Message: "is empty"}
	third := Problem{Key: "--conf-dir", Message: "is empty"}
	got := Join([]Problem{first, second, first, third}).Error()
	want := strings.Join([]string{
		"3 problems in 2 files",
		"--conf-dir: is empty",
		"a.yaml: is empty",
		"b.yaml:2:5: key: is wrong",
		"     2 | two three",
		"       |     ^",
		"hint: try again",
	}, "\n")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestNoProblemIsNoError(t *testing.T) {
	if err := Join(nil); err != nil {
		t.Errorf("got %v", err)
	}
	if list := Problems(nil); list != nil {
		t.Errorf("got %v", list)
	}
}

func TestProblemsSurviveWrapping(t *testing.T) {
	cause := errors.New("cause")
	err := fmt.Errorf("load: %w", Join([]Problem{{File: "a", Message: "x", cause: cause}, {File: "b", Message: "y"}}))
	if got := len(Problems(err)); got != 2 {
		t.Errorf("%d problems, want 2", got)
	}
	if !errors.Is(err, cause) {
		t.Error("the cause is lost")
	}
	if got := Problems(cause); len(got) != 1 || got[0].Message != "cause" {
		t.Errorf("an error of others became %v", got)
	}
}

func TestExcerptIsSafeForATerminal(t *testing.T) {
	src := &source{file: "f", text: "a: \u001b[31m\u202e" + strings.Repeat("ä", 200) + "\n"}
	for column := range 210 {
		for _, r := range src.excerpt(position{1, column}) {
			if r == '\u001b' || r == '\u202e' {
				t.Fatalf("column %d: %q gets through", column, r)
			}
		}
	}
	if got := src.excerpt(position{3, 1}) + src.excerpt(position{0, 0}); got != "" {
		t.Errorf("got %q where there is nothing", got)
	}
}

func TestPlaceOfAProblemIsHarmless(t *testing.T) {
	p := Problem{File: "/conf.d/a\n\x1b[2J\xff.yaml", Line: 3, Message: "is wrong"}
	if got, want := p.Error(), `/conf.d/a\n\x1b[2J\xff.yaml:3: is wrong`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := (Problem{File: "/conf.d/bücher.yaml", Message: "is wrong"}).Error(); got != "/conf.d/bücher.yaml: is wrong" {
		t.Errorf("got %q", got)
	}
}
