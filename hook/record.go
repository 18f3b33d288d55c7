package hook

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"time"
)

// maxRecord bounds a record: two paths and a target, each of PATH_MAX at most.
const maxRecord = 64 << 10

var errTorn = errors.New("the record is not whole")

// appendRecord appends an event as it is in a journal: its length, its
// checksum, and its fields.
func appendRecord(to []byte, e Event) []byte {
	body := make([]byte, 0, 64+len(e.Path))
	body = append(body, kindLetter(e.Kind), flags(e))
	body = binary.AppendVarint(body, e.Time.UnixNano())
	body = binary.AppendVarint(body, e.Size)
	body = binary.AppendVarint(body, e.Count)
	for _, s := range []string{e.Path, e.Was, e.Target} {
		body = binary.AppendUvarint(body, uint64(len(s)))
		body = append(body, s...)
	}
	to = binary.BigEndian.AppendUint32(to, uint32(len(body)))
	to = binary.BigEndian.AppendUint32(to, crc32.ChecksumIEEE(body))
	return append(to, body...)
}

// readRecord reads what appendRecord wrote, and how long it was. The error is
// io.EOF at the end and errTorn for anything that is not a record.
func readRecord(r io.Reader) (e Event, size int64, err error) {
	var head [8]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		if errors.Is(err, io.EOF) {
			return e, 0, io.EOF
		}
		return e, 0, errTorn
	}
	n := binary.BigEndian.Uint32(head[:4])
	if n > maxRecord {
		return e, 0, errTorn
	}
	body := make([]byte, n)
	if _, err := io.ReadFull(r, body); err != nil || crc32.ChecksumIEEE(body) != binary.BigEndian.Uint32(head[4:]) {
		return e, 0, errTorn
	}
	e, ok := decodeRecord(body)
	if !ok {
		return e, 0, errTorn
	}
	return e, int64(len(head)) + int64(n), nil
}

func decodeRecord(body []byte) (e Event, ok bool) {
	if len(body) < 2 {
		return e, false
	}
	kind, flag := body[0], body[1]
	body = body[2:]
	number := func() int64 {
		n, size := binary.Varint(body)
		body = body[max(0, size):]
		ok = ok && size > 0
		return n
	}
	text := func() string {
		n, size := binary.Uvarint(body)
		if size <= 0 || n > uint64(len(body)-size) {
			ok = false
			return ""
		}
		s := string(body[size : size+int(n)])
		body = body[size+int(n):]
		return s
	}
	ok = true
	e.Kind, e.Dir, e.All = letterKind(kind), flag&1 != 0, flag&2 != 0
	e.Time, e.Size, e.Count = time.Unix(0, number()), number(), number()
	e.Path, e.Was, e.Target = text(), text(), text()
	return e, ok && e.Kind != ""
}

func flags(e Event) (f byte) {
	if e.Dir {
		f |= 1
	}
	if e.All {
		f |= 2
	}
	return f
}

func kindLetter(k Kind) byte { return k[0] }

func letterKind(b byte) Kind {
	for _, k := range []Kind{Sent, Deleted, Renamed, Collapsed} {
		if kindLetter(k) == b {
			return k
		}
	}
	return ""
}
