package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/cavaliergopher/cpio"
)

// An rpm is a lead, two headers of the same kind, and the payload. A header is
// its magic, how many entries of 16 bytes and bytes of data it has, and these.
const (
	leadSize  = 96
	introSize = 16
	entrySize = 16
)

// What depends on the payload. The sums are told in hexadecimal.
const (
	payloadSum = 5092 // in the second header
	headerSum  = 273  // in the first header: of the second one
	sizeTag    = 1000 // in the first header: of the second one and the payload
)

var magic = []byte{0x8e, 0xad, 0xe8}

// relative returns the package with a payload of relative names.
func relative(rpm []byte) ([]byte, error) {
	rpm = bytes.Clone(rpm)
	signature, err := headerAt(rpm, leadSize)
	if err != nil {
		return nil, err
	}
	second := leadSize + (len(signature)+7)/8*8
	header, err := headerAt(rpm, second)
	if err != nil {
		return nil, err
	}
	end := second + len(header)
	payload, err := repack(rpm[end:])
	if err != nil {
		return nil, err
	}
	size := binary.BigEndian.AppendUint32(nil, uint32(len(header)+len(payload)))
	err = errors.Join(set(header, payloadSum, hexSum(payload)), set(signature, headerSum, hexSum(header)), set(signature, sizeTag, size))
	return append(rpm[:end:end], payload...), err
}

func hexSum(of []byte) []byte {
	sum := sha256.Sum256(of)
	return hex.AppendEncode(nil, sum[:])
}

// headerAt returns the header that begins at start.
func headerAt(rpm []byte, start int) ([]byte, error) {
	if start+introSize > len(rpm) || !bytes.Equal(rpm[start:start+len(magic)], magic) {
		return nil, fmt.Errorf("no header at byte %d: is it an rpm?", start)
	}
	size := introSize + entries(rpm[start:])*entrySize + int(binary.BigEndian.Uint32(rpm[start+12:]))
	if start+size > len(rpm) {
		return nil, errors.New("the file ends within a header")
	}
	return rpm[start : start+size], nil
}

func entries(header []byte) int { return int(binary.BigEndian.Uint32(header[8:])) }

// set overwrites what an entry of a header says with something as long.
func set(header []byte, tag uint32, value []byte) error {
	data := header[introSize+entries(header)*entrySize:]
	for i := range entries(header) {
		entry := header[introSize+i*entrySize:]
		if binary.BigEndian.Uint32(entry) == tag {
			copy(data[binary.BigEndian.Uint32(entry[8:]):], value)
			return nil
		}
	}
	return fmt.Errorf("a header has no tag %d", tag)
}

func repack(payload []byte) ([]byte, error) {
	packed, err := gzip.NewReader(bytes.NewReader(payload))
	if err != nil {
		return nil, fmt.Errorf("payload: %w; rpm.compression in nfpm.yaml has to be gzip", err)
	}
	var out bytes.Buffer
	z, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	to := cpio.NewWriter(z)
	if err := rename(to, cpio.NewReader(packed)); err != nil {
		return nil, fmt.Errorf("payload: %w", err)
	}
	err = errors.Join(to.Close(), z.Close()) // before the bytes are complete
	return out.Bytes(), err
}

func rename(to *cpio.Writer, from *cpio.Reader) error {
	for {
		header, err := from.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		header.Name = "." + strings.TrimPrefix(header.Name, ".")
		if err := to.WriteHeader(header); err != nil {
			return err
		}
		if _, err := io.Copy(to, from); err != nil {
			return err
		}
	}
}
