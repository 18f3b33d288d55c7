package instance

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/syncsvc/syncsvc/change"
	"github.com/syncsvc/syncsvc/config"
	"github.com/syncsvc/syncsvc/watch"
)

// TestLimitInPercentIsOfTheTreeAsItIsNow: 34 deletions were held after 90 others,
// because a tree that was small when it was walked, or was never walked, was
// not counted for so few.
func TestLimitInPercentIsOfTheTreeAsItIsNow(t *testing.T) {
	root := t.TempDir()
	for i := range 300 {
		if err := os.WriteFile(filepath.Join(root, fmt.Sprint(i)), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	id, err := watch.Identify(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, walked := range []int64{0, 20} {
		g := &ground{root: root}
		g.settle(id)
		g.entries.Store(walked)
		tg := &target{ledger: newLedger(time.Minute, maxOwed)}
		tg.deletions = []deletion{{time.Now(), 90}}
		s := &sender{ground: g, t: tg, limit: config.Limit{Percent: 50}}
		j := newJob(flat, fast, []change.Change{{Path: "gone", Swept: true}})
		if err := s.refuse(t.Context(), j, 34); err != nil {
			t.Errorf("with %d entries at the last walk: %v", walked, err)
		}
		if s.refuse(t.Context(), j, 100) == nil {
			t.Errorf("190 of 300 entries may be deleted")
		}
	}
}

func TestDeletionsOverTheLimitAreToldOnce(t *testing.T) {
	for want, got := range map[string]string{
		"20 deletions are more than max_delete allows: 9":                         overLimit(20, 0, "9", 9),
		"1 deletion is more than max_delete allows: 0":                            overLimit(1, 0, "0", 0),
		"9 deletions, 5 of them made already, are more than max_delete allows: 8": overLimit(4, 5, "8", 8),
		"300 deletions are more than max_delete allows: 50%, which is 120 here":   overLimit(300, 0, "50%", 120),
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
