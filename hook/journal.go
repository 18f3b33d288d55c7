package hook

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/google/renameio/v2"
)

const (
	maxSegment    = 4 << 20 // bytes; then another file begins, so that what is told can be removed
	segmentSuffix = ".events"
	doneFile      = "done"
)

// journal is a queue of events on disk. Events have numbers, from 0 on; all
// before done have been told. They lie in files named after the number of their
// first event. It is used by one goroutine.
type journal struct {
	dir   string
	first []uint64 // of each file, in order
	next  uint64   // the number of the next event
	done  uint64

	file    *os.File // the last, being written; nil when there is none
	size    int64
	saved   uint64   // done as it is on disk
	dirty   bool     // something is written and not synced
	reader  *segment // where read goes on; nil before the first
	reading uint64   // the number of the event that read returns next
}

// segment is a file that is being read.
type segment struct {
	file *os.File
	buf  *bufio.Reader
	last bool // it is the one being written
}

// openJournal opens the journal in dir, making it if there is none. What a crash
// left half written at its end is cut off.
func openJournal(dir string) (*journal, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, err
	}
	j := &journal{dir: dir}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), segmentSuffix)
		n, err := strconv.ParseUint(name, 16, 64)
		if ok && err == nil && len(name) == 16 {
			j.first = append(j.first, n)
		}
	}
	slices.Sort(j.first)
	if err := j.readDone(); err != nil {
		return nil, err
	}
	if err := j.findEnd(); err != nil {
		return nil, err
	}
	j.done = min(max(j.done, j.oldest()), j.next)
	j.reading, j.saved = j.done, j.done
	return j, j.trim()
}

// readDone reads how far the journal has been told. One that can't be read
// means nothing has, which is safe.
func (j *journal) readDone() error {
	text, err := os.ReadFile(filepath.Join(j.dir, doneFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if n, err := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 64); err == nil {
		j.done = n
	}
	return nil
}

// oldest is the number of the first event there is.
func (j *journal) oldest() uint64 {
	if len(j.first) == 0 {
		return j.next
	}
	return j.first[0]
}

// findEnd finds out which number comes next, and cuts off what is not whole.
func (j *journal) findEnd() error {
	j.next = j.done
	if len(j.first) == 0 {
		return nil
	}
	last := j.first[len(j.first)-1]
	f, err := os.OpenFile(j.path(last), os.O_RDWR, 0)
	if err != nil {
		return err
	}
	buf, n, size := bufio.NewReader(f), last, int64(0)
	for {
		_, length, err := readRecord(buf)
		if err != nil {
			break
		}
		n, size = n+1, size+length
	}
	if err := errors.Join(f.Truncate(size), seek(f, size)); err != nil {
		return errors.Join(err, f.Close())
	}
	j.file, j.size, j.next = f, size, max(n, j.done)
	if n < j.done { // the disk lost what had been told already
		return j.begin()
	}
	return nil
}

func seek(f *os.File, to int64) error {
	_, err := f.Seek(to, io.SeekStart)
	return err
}

func (j *journal) path(first uint64) string {
	return filepath.Join(j.dir, fmt.Sprintf("%016x", first)+segmentSuffix)
}

// waiting is how many events have not been told.
func (j *journal) waiting() uint64 { return j.next - j.done }

// append adds events. Either all of them are in the journal afterwards, or none.
func (j *journal) append(events []Event) error {
	if j.file == nil || j.size > maxSegment {
		if err := j.begin(); err != nil {
			return err
		}
	}
	var buf []byte
	for _, e := range events {
		buf = appendRecord(buf, e)
	}
	if _, err := j.file.Write(buf); err != nil {
		return errors.Join(err, j.file.Truncate(j.size), seek(j.file, j.size))
	}
	j.size += int64(len(buf))
	j.next += uint64(len(events))
	j.dirty = true
	return nil
}

// begin goes on in a new file.
func (j *journal) begin() error {
	if j.file != nil {
		if err := errors.Join(j.sync(), j.file.Close()); err != nil {
			return err
		}
		j.file = nil
	}
	f, err := os.OpenFile(j.path(j.next), os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	if j.reader != nil {
		j.reader.last = false
	}
	j.file, j.size, j.dirty = f, 0, true
	if n := len(j.first); n == 0 || j.first[n-1] != j.next {
		j.first = append(j.first, j.next)
	}
	return nil
}

// sync makes what was appended outlive a power cut.
func (j *journal) sync() error {
	if !j.dirty {
		return nil
	}
	if err := errors.Join(j.file.Sync(), syncDir(j.dir)); err != nil {
		return err
	}
	j.dirty = false
	return nil
}

func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// settle notes that all events before number n have been told. It is on disk
// after save.
func (j *journal) settle(n uint64) { j.done = n }

// save writes down how far the journal has been told, and removes what nobody
// needs any more.
func (j *journal) save() error {
	if j.saved == j.done {
		return nil
	}
	text := strconv.FormatUint(j.done, 10) + "\n"
	if err := renameio.WriteFile(filepath.Join(j.dir, doneFile), []byte(text), 0o600); err != nil {
		return err
	}
	j.saved = j.done
	return j.trim()
}

// trim removes the files all of whose events have been told.
func (j *journal) trim() error {
	for len(j.first) > 0 {
		lastOne := len(j.first) == 1
		switch {
		case lastOne && (j.done < j.next || j.size == 0), !lastOne && j.done < j.first[1]:
			return nil
		case lastOne:
			j.closeReader()
			if err := j.file.Close(); err != nil {
				return err
			}
			j.file, j.size, j.dirty = nil, 0, false
		}
		if err := os.Remove(j.path(j.first[0])); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		j.first = j.first[1:]
	}
	return nil
}

// close lets go of the files after a last save.
func (j *journal) close() error {
	err := errors.Join(j.sync(), j.save())
	j.closeReader()
	if j.file != nil {
		err = errors.Join(err, j.file.Close())
	}
	return err
}
