package logbook

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func read(t *testing.T, path string) string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var r io.Reader = f
	if strings.HasSuffix(path, ".gz") {
		if r, err = gzip.NewReader(f); err != nil {
			t.Fatal(err)
		}
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestEachModuleHasAFile(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "log")
	b := open(t, Options{Files: &Files{Dir: dir, Size: 1 << 20, Keep: 2}})
	write(b.Module("www"), "%s", line("INFO", "of www", ""))
	write(b.Module("www.fail"), "%s", line("INFO", "of www.fail", ""))
	slog.New(b.Handler()).Info("of the service")
	closeBook(t, b)
	for name, want := range map[string]string{"www.log": "of www", "www.fail+.log": "of www.fail", "syncsvc.log": "of the service"} {
		if got := read(t, filepath.Join(dir, name)); !strings.Contains(got, want) || strings.Count(got, "\n") != 1 {
			t.Errorf("%s has %q", name, got)
		}
	}
	info, err := os.Stat(filepath.Join(dir, "www.log"))
	if err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("mode %v (%v)", info.Mode(), err)
	}
}

func TestFullFileIsPutAwayAndCompressed(t *testing.T) {
	dir := t.TempDir()
	const size, keep, n = 5_000, 3, 400
	for _, half := range []int{0, n / 2} { // a restart in between goes on in the same file
		b := open(t, Options{Files: &Files{Dir: dir, Size: size, Keep: keep}})
		w := b.Module("www")
		for i := range n / 2 {
			write(w, "%s", line("INFO", fmt.Sprint("line ", half+i), ""))
		}
		closeBook(t, b)
	}
	names, _ := filepath.Glob(filepath.Join(dir, "www*"))
	old, _ := filepath.Glob(filepath.Join(dir, "www-*.gz"))
	if len(old) != keep || len(names) != keep+1 {
		t.Fatalf("there are %v", names)
	}
	slices.Sort(old)
	all := ""
	for _, path := range append(old, filepath.Join(dir, "www.log")) {
		text := read(t, path)
		if len(text) > size {
			t.Errorf("%s has %d bytes", path, len(text))
		}
		all += text
	}
	lines := strings.Split(strings.TrimSpace(all), "\n")
	for i, l := range lines {
		if want := fmt.Sprintf(`msg="line %d"`, n-len(lines)+i); !strings.Contains(l, want) {
			t.Fatalf("line %d of %d is %s, want %s", i, len(lines), l, want)
		}
	}
}

func TestRenamedFileIsBegunAnew(t *testing.T) {
	dir := t.TempDir()
	b := open(t, Options{Files: &Files{Dir: dir, Size: 1 << 20, Keep: 2}})
	w := b.Module("www")
	path := filepath.Join(dir, "www.log")
	write(w, "%s", line("INFO", "before", ""))
	eventually(t, "the first line is in the file", func() bool { text, _ := os.ReadFile(path); return len(text) > 0 })
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	b.Reopen()
	write(w, "%s", line("INFO", "after", ""))
	closeBook(t, b)
	if got := read(t, path); strings.Contains(got, "before") || !strings.Contains(got, "after") {
		t.Errorf("the new file has %q", got)
	}
}

func TestTwoProcessesDoNotShareAFolder(t *testing.T) {
	dir := t.TempDir()
	b := open(t, Options{Files: &Files{Dir: dir, Size: 1 << 20, Keep: 2}})
	if _, err := Open(Options{Files: &Files{Dir: dir}}); !errors.Is(err, ErrTwin) {
		t.Errorf("got %v", err)
	}
	closeBook(t, b)
	closeBook(t, open(t, Options{Files: &Files{Dir: dir, Size: 1 << 20, Keep: 2}}))
}

func TestFileThatCannotBeWrittenIsSaidOnce(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "log")
	var p paper
	b := open(t, Options{Out: &p, Files: &Files{Dir: dir, Size: 1 << 20, Keep: 2}})
	for _, err := range []error{os.RemoveAll(dir), os.WriteFile(dir, nil, 0o600)} { // root can write in any folder
		if err != nil {
			t.Fatal(err)
		}
	}
	for i := range 5 {
		write(b.Module("www"), "%s", line("INFO", fmt.Sprint(i), ""))
	}
	closeBook(t, b)
	if got := strings.Count(strings.Join(p.lines(), "\n"), "log file cannot be written"); got != 1 || len(p.lines()) != 6 {
		t.Errorf("got %q", p.lines())
	}
}
