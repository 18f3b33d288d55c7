package checkpoint

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestDamageIsNeverTakenForAMark cuts the file off at every byte and flips
// every bit of it.
func TestDamageIsNeverTakenForAMark(t *testing.T) {
	want := markAt(noon())
	body, err := encodeMark(want)
	must(t, err)
	whole, err := wrap(kindMark, target, body)
	must(t, err)
	check := func(data []byte) {
		body, err := unwrap(kindMark, target, data)
		var got Mark
		if err == nil {
			got, err = decodeMark(body)
		}
		if err == nil && !cmp.Equal(got, want) {
			t.Fatalf("%q is taken for %+v", data, got)
		}
		if err != nil && !errors.Is(err, ErrCorrupt) && !errors.Is(err, ErrNewer) {
			t.Fatalf("%q: %v, want %v", data, err, ErrCorrupt)
		}
	}
	for i := range whole {
		check(whole[:i])
		for bit := range 8 {
			flipped := bytes.Clone(whole)
			flipped[i] ^= 1 << bit
			check(flipped)
		}
	}
}

func TestForeignThingsInTheFolder(t *testing.T) {
	for name, put := range map[string]func(s *Store, path string) error{
		"empty file": func(_ *Store, path string) error { return os.WriteFile(path, nil, 0o640) },
		"text":       func(_ *Store, path string) error { return os.WriteFile(path, []byte("hello\n"), 0o640) },
		"folder":     func(_ *Store, path string) error { return os.Mkdir(path, 0o750) },
		"fifo":       func(_ *Store, path string) error { return syscall.Mkfifo(path, 0o640) },
		"link":       func(_ *Store, path string) error { return os.Symlink("/dev/zero", path) },
		"huge": func(_ *Store, path string) error {
			return errors.Join(os.WriteFile(path, nil, 0o640), os.Truncate(path, 1<<40))
		},
		"mark of another target": func(s *Store, path string) error {
			return errors.Join(s.Save("other", markAt(noon())), os.Rename(s.path(kindMark, "other"), path))
		},
		"state that looks like a mark": func(s *Store, path string) error {
			return errors.Join(s.SaveState(target, wireMark{Upto: noon(), Wall: noon()}), os.Rename(s.path(kindState, target), path))
		},
		"fail list": func(s *Store, path string) error {
			return errors.Join(s.SaveFailures(target, []Failure{{}}), os.Rename(s.path(kindFailures, target), path))
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStore(t)
			must(t, put(s, s.path(kindMark, target)))
			if _, err := s.Load(target); !errors.Is(err, ErrCorrupt) {
				t.Errorf("got %v, want %v", err, ErrCorrupt)
			}
			must(t, s.Forget(target))
			if _, err := s.Load(target); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("after Forget: got %v, want %v", err, fs.ErrNotExist)
			}
		})
	}
}

func TestDamagedFileIsReplaced(t *testing.T) {
	s := newStore(t)
	must(t, os.WriteFile(s.path(kindMark, target), []byte("{"), 0o640))
	must(t, s.Save(target, markAt(noon())))
	wantMark(t, s, target, markAt(noon()))
}

// TestFileOfANewerVersionIsLeftAlone: after a downgrade, the way out is a
// person's choice.
func TestFileOfANewerVersionIsLeftAlone(t *testing.T) {
	s := newStore(t)
	newer := []byte(`{"syncsvc":"mark","version":2,"who":"knows"}` + "\nanything\n")
	newerList := bytes.Replace(newer, []byte("mark"), []byte("failures"), 1)
	must(t, os.WriteFile(s.path(kindMark, target), newer, 0o640))
	must(t, os.WriteFile(s.path(kindFailures, target), newerList, 0o640))
	_, loadErr := s.Load(target)
	_, failuresErr := s.Failures(target)
	for what, err := range map[string]error{
		"load":            loadErr,
		"save":            s.Save(target, markAt(noon())),
		"failures":        failuresErr,
		"save failures":   s.SaveFailures(target, []Failure{{}}),
		"remove failures": s.SaveFailures(target, nil),
	} {
		if !errors.Is(err, ErrNewer) || !strings.Contains(err.Error(), "version 2") {
			t.Errorf("%s: got %v, want %v", what, err, ErrNewer)
		}
	}
	for k, want := range map[kind][]byte{kindMark: newer, kindFailures: newerList} {
		if got, err := os.ReadFile(s.path(k, target)); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s file became %q, %v", k, got, err)
		}
	}
	must(t, s.Forget(target))
	must(t, s.Save(target, markAt(noon())))
}

func FuzzAnythingInAFile(f *testing.F) {
	mark, err := encodeMark(markAt(noon()))
	must(f, err)
	list, err := encodeFailures([]Failure{{Path: "a\xff%", Scope: 1, First: noon()}, {Path: "b"}})
	must(f, err)
	f.Add(mark)
	f.Add(list)
	f.Add([]byte(`{"upto":"2026-01-01T00:00:00Z","source":"%zz"}`))
	f.Add([]byte(`{"upto":"2026-01-01T00:00:00Z","source":"%4"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		data, err := wrap(kindMark, target, body)
		must(t, err)
		got, err := unwrap(kindMark, target, data)
		must(t, err)
		if !bytes.Equal(got, body) {
			t.Fatalf("got %q, want %q", got, body)
		}
		if _, err := unwrap(kindMark, target, body); err == nil {
			t.Fatalf("%q without a header is taken for a file", body)
		}
		if m, err := decodeMark(body); err == nil {
			again, err := encodeMark(m)
			must(t, err)
			if twice, err := decodeMark(again); err != nil || !cmp.Equal(m, twice) {
				t.Fatalf("%+v becomes %+v, %v", m, twice, err)
			}
		}
		if list, err := decodeFailures(body); err == nil {
			again, err := encodeFailures(list)
			must(t, err)
			if twice, err := decodeFailures(again); err != nil || !cmp.Equal(list, twice) {
				t.Fatalf("%+v becomes %+v, %v", list, twice, err)
			}
		}
	})
}
