package config

import (
	"fmt"
	"strings"
	"testing"
)

const plainModule = "watch: /srv/www\ntargets: [/mnt/www]\n"

func TestLongListsArePossible(t *testing.T) {
	var text strings.Builder
	text.WriteString(plainModule + "exclude:\n")
	for i := range 10_000 {
		fmt.Fprintf(&text, "  - \"/cache/%d\"\n", i)
	}
	if m := mustDecode(t, text.String()); len(m.Rules) != 10_000 {
		t.Errorf("%d rules arrived", len(m.Rules))
	}
}

// TestHugeNonsenseIsRefusedAtOnce has texts that would cost the YAML parser
// gigabytes or minutes.
func TestHugeNonsenseIsRefusedAtOnce(t *testing.T) {
	for name, text := range map[string]string{
		"open brackets":    strings.Repeat("[", 1<<16),
		"open braces":      strings.Repeat("{a: ", 1<<16),
		"dashes":           strings.Repeat("- ", 1<<15),
		"brackets":         strings.Repeat("[],", 1<<16),
		"commas":           "a: [" + strings.Repeat(",", 1<<15),
		"keys":             strings.Repeat("k: v\n", 1<<15),
		"keys of nothing":  strings.Repeat("a:\n", 1<<16),
		"question marks":   strings.Repeat("? a\n", 1<<15),
		"anchors":          strings.Repeat("&a ", 1<<15),
		"carriage returns": "a: b\n" + strings.Repeat("k: v\r", 1<<15),
		"too large":        strings.Repeat("# comment\n", 1<<17),
	} {
		m, problems := decodeText(t, text)
		if m != nil || len(problems) != 1 {
			t.Errorf("%s: %d problems", name, len(problems))
		}
	}
}

func TestMergesOfMergesEnd(t *testing.T) {
	text := plainModule + "a0: &a0 {k: 1}\n"
	for i := 1; i < 500; i++ {
		text += fmt.Sprintf("a%d: &a%d {<<: *a%d, k%d: 1}\n", i, i, i-1, i)
	}
	_, problems := decodeText(t, text)
	found := false
	for _, p := range problems {
		found = found || strings.Contains(p.Message, "keys are merged")
	}
	if !found {
		t.Error("merging has no end")
	}
}

func TestAliasOfItselfIsRefused(t *testing.T) {
	for _, text := range []string{"a: &a [*a]\n", "a: &a {<<: *a}\n", "<<: *b\nb: &b {<<: *b}\n"} {
		if m, problems := decodeText(t, plainModule+text); m != nil || len(problems) == 0 {
			t.Errorf("%q was read", text)
		}
	}
}
