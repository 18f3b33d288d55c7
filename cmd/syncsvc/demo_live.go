package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// demoBurst is how many files the last change writes at once.
const demoBurst = 2000

// demoChange is one live change: what is done to the source, and how to see on
// a target that it has arrived.
type demoChange struct {
	what    string
	module  string
	make    func(source string) error
	arrived func(target string) bool
}

// demoChanges are done one after the other.
func demoChanges() []demoChange {
	return []demoChange{
		{
			"new file", "www",
			func(s string) error {
				return os.WriteFile(filepath.Join(s, "new.html"), []byte("<p>hello</p>\n"), 0o644)
			},
			func(t string) bool { return holds(filepath.Join(t, "new.html"), "<p>hello</p>\n") },
		},
		{
			"edit", "www",
			func(s string) error {
				return os.WriteFile(filepath.Join(s, "new.html"), []byte("<p>HELLO</p>\n"), 0o644)
			},
			func(t string) bool { return holds(filepath.Join(t, "new.html"), "<p>HELLO</p>\n") },
		},
		{
			"append", "bbs",
			func(s string) error { return appendTo(filepath.Join(s, "posts.log"), "one more line\n") },
			func(t string) bool {
				b, err := os.ReadFile(filepath.Join(t, "posts.log"))
				return err == nil && bytes.HasSuffix(b, []byte("one more line\n"))
			},
		},
		{
			"chmod", "blog",
			func(s string) error { return os.Chmod(filepath.Join(s, "index.html"), 0o600) },
			func(t string) bool {
				fi, err := os.Lstat(filepath.Join(t, "index.html"))
				return err == nil && fi.Mode().Perm() == 0o600
			},
		},
		{
			"folder renamed", "www",
			func(s string) error { return os.Rename(filepath.Join(s, "dir0"), filepath.Join(s, "renamed")) },
			func(t string) bool {
				return !exists(filepath.Join(t, "dir0")) && exists(filepath.Join(t, "renamed", "page0.html"))
			},
		},
		{
			"file deleted", "bbs",
			func(s string) error { return os.Remove(filepath.Join(s, "dir1", "page1.html")) },
			func(t string) bool { return !exists(filepath.Join(t, "dir1", "page1.html")) },
		},
		{
			"folder deleted", "blog",
			func(s string) error { return os.RemoveAll(filepath.Join(s, "dir2")) },
			func(t string) bool { return !exists(filepath.Join(t, "dir2")) },
		},
		{
			fmt.Sprintf("burst of %d files", demoBurst), "bbs",
			writeBurst,
			func(t string) bool { return count(filepath.Join(t, "burst")) == demoBurst },
		},
	}
}

// live makes the changes and prints how long each took to be on every target,
// as seen on the target's own disk.
func (d *demo) live(ctx context.Context) error {
	fmt.Fprintf(d.out, "%-22s %-6s %10s %10s\n", "live change", "module", "target 1", "target 2")
	for _, c := range demoChanges() {
		if err := c.make(d.source(c.module)); err != nil {
			return fmt.Errorf("%s: %w", c.what, err)
		}
		begun := time.Now()
		took := make([]time.Duration, len(d.daemons))
		err := d.await(ctx, c.what+" arrives", func() bool {
			all := true
			for i := range took {
				if took[i] == 0 && c.arrived(d.target(i, c.module)) {
					took[i] = time.Since(begun)
				}
				all = all && took[i] != 0
			}
			return all
		})
		if err != nil {
			return err
		}
		fmt.Fprintf(d.out, "%-22s %-6s %10s %10s\n", c.what, c.module, round(took[0]), round(took[1]))
	}
	return nil
}

// generate fills a source with files of different kinds and sizes; seed makes
// the sources differ. It returns how many files it wrote.
func generate(dir string, seed int) (int, error) {
	var errs []error
	files := 0
	write := func(path string, size int) {
		path = filepath.Join(dir, path)
		line := fmt.Sprintf("%s %d\n", filepath.Base(path), seed)
		text := strings.Repeat(line, size/len(line)+1)
		errs = append(errs, os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644))
		files++
	}
	for i := range 10 {
		for k := range 12 {
			write(fmt.Sprintf("dir%d/page%d.html", i, k), 500*(k+1)*(seed+1))
		}
	}
	write("index.html", 2000)
	write("posts.log", 100_000)
	write("name with spaces, 'quotes' and *", 10)
	write("bytes \xff\xfe that are not text", 10)
	write("image.bin", 3<<20)
	errs = append(errs,
		os.Symlink("index.html", filepath.Join(dir, "link")),
		os.Symlink("nowhere", filepath.Join(dir, "dangling")),
		os.MkdirAll(filepath.Join(dir, "empty"), 0o700))
	return files, errors.Join(errs...)
}

func writeBurst(source string) error {
	for i := range demoBurst {
		path := filepath.Join(source, "burst", fmt.Sprint("part", i%20), fmt.Sprint("f", i))
		if i < 20 {
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				return err
			}
		}
		if err := os.WriteFile(path, []byte(path), 0o644); err != nil {
			return err
		}
	}
	return nil
}

func appendTo(path, text string) error {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}

func holds(path, text string) bool {
	b, err := os.ReadFile(path)
	return err == nil && string(b) == text
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// count returns how many finished files lie beneath dir: rsync gives a file its
// name when it is complete, and a name with a leading dot before.
func count(dir string) int {
	n := 0
	_ = filepath.WalkDir(dir, func(_ string, e fs.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() && !strings.HasPrefix(e.Name(), ".") {
			n++
		}
		return nil
	})
	return n
}
