package checkpoint

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/crc32"
)

// version is that of all files. A later one may change anything but the first
// line.
const version = 1

// header is the first line of a file; the rest is the body.
type header struct {
	Kind    kind   `json:"syncsvc"`
	Version int    `json:"version"`
	Of      text   `json:"of"` // the target, or the name of the state
	Sum     string `json:"crc32c"`
}

func wrap(k kind, of string, body []byte) ([]byte, error) {
	first, err := marshal(header{Kind: k, Version: version, Of: text(of), Sum: checksum(body)})
	if err != nil {
		return nil, err
	}
	return append(first, body...), nil
}

// unwrap returns the body. Only the first line of a newer version is looked at.
func unwrap(k kind, of string, data []byte) ([]byte, error) {
	first, body, _ := bytes.Cut(data, []byte("\n"))
	var h header
	if err := unmarshal(first, &h); err != nil {
		return nil, err
	}
	switch {
	case h.Kind != k || h.Version < 1:
		return nil, fmt.Errorf("%w: not a %s file", ErrCorrupt, k)
	case h.Version > version:
		return nil, fmt.Errorf("%w: it is version %d, this syncsvc knows up to %d", ErrNewer, h.Version, version)
	case string(h.Of) != of:
		return nil, fmt.Errorf("%w: it is about %q", ErrCorrupt, h.Of)
	case h.Sum != checksum(body):
		return nil, fmt.Errorf("%w: wrong checksum", ErrCorrupt)
	}
	return body, nil
}

func checksum(body []byte) string {
	return fmt.Sprintf("%08x", crc32.Checksum(body, crc32.MakeTable(crc32.Castagnoli)))
}

// marshal returns v as one line of JSON.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // people read these files
	err := e.Encode(v)
	return b.Bytes(), err
}

func unmarshal(line []byte, v any) error {
	if err := json.Unmarshal(line, v); err != nil {
		return fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	return nil
}
