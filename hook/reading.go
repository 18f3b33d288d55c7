package hook

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
)

// read returns the next event that has not been read, with its number; there
// is none when ok is false.
func (j *journal) read() (e Event, n uint64, ok bool, err error) {
	for j.reading < j.next {
		if j.reader == nil {
			if err := j.openReader(); err != nil {
				return e, 0, false, err
			}
		}
		e, _, err = readRecord(j.reader.buf)
		switch {
		case err == nil:
			j.reading++
			return e, j.reading - 1, true, nil
		case j.reader.last:
			return e, 0, false, fmt.Errorf("read %s: %w", j.reader.file.Name(), err)
		case !errors.Is(err, io.EOF):
			j.skip() // the disk damaged it; what follows in the file can't be told apart
		}
		j.closeReader()
	}
	return e, 0, false, nil
}

// openReader opens the file with the event to be read, and goes there.
func (j *journal) openReader() error {
	i, found := slices.BinarySearch(j.first, j.reading)
	if !found {
		i--
	}
	if i < 0 {
		return fmt.Errorf("event %d is not in %s", j.reading, j.dir)
	}
	f, err := os.Open(j.path(j.first[i]))
	if err != nil {
		return err
	}
	j.reader = &segment{file: f, buf: bufio.NewReader(f), last: i == len(j.first)-1}
	for n := j.first[i]; n < j.reading; n++ {
		if _, _, err := readRecord(j.reader.buf); err != nil {
			break // read finds out
		}
	}
	return nil
}

// skip goes on with the file after the one being read.
func (j *journal) skip() {
	for _, first := range j.first {
		if first > j.reading {
			j.reading = first
			return
		}
	}
	j.reading = j.next
}

func (j *journal) closeReader() {
	if j.reader != nil {
		j.reader.file.Close()
		j.reader = nil
	}
}
