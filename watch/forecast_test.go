package watch

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"testing"
)

func TestForecastIsWhatOpenDoes(t *testing.T) {
	root := t.TempDir()
	for _, ask := range []Backend{Auto, Inotify, Fanotify, Poll} {
		want, err := Foresee(root, ask, 1, 1000)
		if err != nil {
			t.Fatal(err)
		}
		w, err := Open(context.Background(), Options{Root: root, Backend: ask})
		if err != nil {
			t.Fatal(err)
		}
		if got := w.Status(); got.Backend != want.Backend || got.Why != want.Why {
			t.Errorf("%s: Open chose %s (%s), Foresee said %s (%s)", ask, got.Backend, got.Why, want.Backend, want.Why)
		}
		w.Close()
	}
}

func TestForecastForMoreFoldersThanWatches(t *testing.T) {
	got, err := Foresee(t.TempDir(), Inotify, 5000, 100)
	if err != nil || got.Backend != Inotify || got.Hint == "" {
		t.Errorf("%+v, %v", got, err)
	}
	got, err = Foresee(t.TempDir(), Auto, 5000, 100)
	if err != nil || (got.Backend == Inotify) != (got.Hint != "") || got.Why == "" {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := Foresee("/no/such/folder", Auto, 1, 1); err == nil {
		t.Error("a folder that is not there can be watched")
	}
}

func TestUsedWatchesAreCounted(t *testing.T) {
	before := ReadLimits()
	if before.Watches == 0 || before.Instances == 0 || before.Queue == 0 {
		t.Skip("no inotify limits in /proc")
	}
	root := t.TempDir()
	const folders = 500
	for i := range folders {
		if err := os.Mkdir(filepath.Join(root, strconv.Itoa(i)), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	w, err := Open(context.Background(), Options{Root: root, Backend: Inotify})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	// Others watch and end at the same time, so only our own part is certain.
	if after := ReadLimits(); after.Own-before.Own < folders || after.InstanceUse == 0 || after.WatchesUsed < after.Own {
		t.Errorf("before %+v, after %+v", before, after)
	}
}
