package console

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/syncsvc/syncsvc/control"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// noon is the moment at which all of these tests play.
var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func plain() Look { return Look{Now: noon} }

func before(d time.Duration) *time.Time {
	t := noon.Add(-d)
	return &t
}

// golden compares text with testdata/NAME.txt, or writes that file when
// UPDATE_GOLDEN is set.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".txt")
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s: -want +got:\n%s", file, diff)
	}
}

// fits demands that no line is wider than width.
func fits(t *testing.T, text string, width int) {
	t.Helper()
	for line := range strings.SplitSeq(text, "\n") {
		if w := Width(line); w > width {
			t.Errorf("%d columns: %q", w, line)
		}
	}
}

func TestSpansHaveTwoUnitsAtMost(t *testing.T) {
	for _, c := range []struct {
		d    time.Duration
		want string
	}{
		{-time.Hour, "0s"},
		{0, "0s"},
		{350 * time.Microsecond, "0s"},
		{350 * time.Millisecond, "350ms"},
		{2440 * time.Millisecond, "2.4s"},
		{59*time.Second + 999*time.Millisecond, "59s"},
		{time.Minute, "1m"},
		{200 * time.Second, "3m20s"},
		{2 * time.Hour, "2h"},
		{2*time.Hour + 5*time.Minute + 59*time.Second, "2h05m"},
		{76 * time.Hour, "3d04h"},
	} {
		if got := Span(c.d); got != c.want {
			t.Errorf("%v: got %q, want %q", c.d, got, c.want)
		}
	}
	if got := Seconds(1e30); !strings.HasSuffix(got, "h") {
		t.Errorf("an absurd number of seconds is %q", got)
	}
}

func TestQuantitiesAreShort(t *testing.T) {
	for got, want := range map[string]string{
		Bytes(0): "0 B", Bytes(-1): "0 B", Bytes(1536): "1.5 KiB", Bytes(5 << 30): "5.0 GiB",
		Rate(0): "-", Rate(2 << 20): "2.0 MiB/s",
		Count(0): "0", Count(1204): "1,204", Count(9_999_999): "9,999,999", Count(12_345_678): "12.3M",
		Plural(1, "path"): "1 path", Plural(1204, "path"): "1,204 paths",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestNamesCannotCommandTheTerminal(t *testing.T) {
	for _, c := range []struct{ name, want string }{
		{"", `""`},
		{"a b/ü漢.txt", "a b/ü漢.txt"},
		{" lead", `" lead"`},
		{"\x1b[31mred\x07", `\x1b[31mred\a`},
		{"line\nfeed\r", `line\nfeed\r`},
		{"\xff\xfe", `\xff\xfe`},
		{"right\u202eleft", `right\u202eleft`},
		{"c1 \u009b31m", `c1 \u009b31m`},
		{"quote\"back\\slash", "quote\"back\\slash"},
		{"\ufffd", "\ufffd"},
	} {
		if got := Path(control.Path(c.name)); got != c.want {
			t.Errorf("%q: got %s, want %s", c.name, got, c.want)
		}
	}
}

func TestSafeTextHasNoControlCharacters(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := string(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes"))
		for _, r := range Safe(text) {
			if r < ' ' || r >= 0x7f && r < 0xa0 {
				t.Fatalf("%q is written with %q", text, r)
			}
		}
		if once := Safe(text); Safe(once) != once {
			t.Fatalf("%q changes when it is made safe again", once)
		}
	})
}

func TestCutKeepsBothEnds(t *testing.T) {
	for _, c := range []struct {
		text    string
		columns int
		want    string
	}{
		{"short", 10, "short"},
		{"production-www-frontend-1", 11, "produ…end-1"},
		{"漢字漢字漢字", 7, "漢…字"},
		{"abcdef", 2, "a…"},
	} {
		got := CutMiddle(c.text, c.columns)
		if got != c.want || Width(got) > c.columns {
			t.Errorf("%q in %d columns: got %q, want %q", c.text, c.columns, got, c.want)
		}
	}
}
