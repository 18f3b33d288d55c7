package compare

import (
	"bytes"
	"errors"
	"io"
)

// bufferSize is that of each side; larger ones were not faster.
const bufferSize = 128 << 10

func newBuffers() [2][]byte {
	return [2][]byte{make([]byte, bufferSize), make([]byte, bufferSize)}
}

// contents compares two regular files, sizes first.
func (c *comparison) contents(p pair) error {
	if s, t := p.source.info.Size(), p.target.info.Size(); s != t {
		c.differ(p.path, "size %d/%d", s, t)
		return nil
	}
	if !c.o.Contents || p.source.info.Size() == 0 {
		return nil
	}
	s, err := p.source.dir.Open(p.source.name)
	if err != nil {
		return err
	}
	defer s.Close()
	t, err := p.target.dir.Open(p.target.name)
	if err != nil {
		return err
	}
	defer t.Close()
	at, err := firstDifference(s, t, c.buffers)
	if at >= 0 {
		c.differ(p.path, "content at byte %d", at)
	}
	return err
}

// firstDifference returns the offset of the first byte that is not the same,
// the end of the shorter one included, or -1.
func firstDifference(s, t io.Reader, buffers [2][]byte) (int64, error) {
	for offset := int64(0); ; {
		n, err := fill(s, buffers[0])
		if err != nil {
			return -1, err
		}
		m, err := fill(t, buffers[1])
		if err != nil {
			return -1, err
		}
		a, b := buffers[0][:n], buffers[1][:m]
		if !bytes.Equal(a, b) {
			return offset + int64(mismatch(a, b)), nil
		}
		if n == 0 {
			return -1, nil
		}
		offset += int64(n)
	}
}

// fill reads until the buffer is full or the file ends.
func fill(r io.Reader, buf []byte) (int, error) {
	n, err := io.ReadFull(r, buf)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil
	}
	return n, err
}

func mismatch(a, b []byte) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}
