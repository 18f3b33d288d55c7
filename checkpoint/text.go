package checkpoint

import (
	"encoding/hex"
	"fmt"
	"strings"
	"unicode/utf8"
)

// text is bytes in JSON, which only knows Unicode: a byte that is part of no
// character is written as %XX, and so is the per cent sign.
type text string

// MarshalText implements encoding.TextMarshaler.
func (t text) MarshalText() ([]byte, error) {
	var b []byte
	for rest := string(t); rest != ""; {
		r, size := utf8.DecodeRuneInString(rest)
		if r == '%' || r == utf8.RuneError && size == 1 {
			b = fmt.Appendf(b, "%%%02X", rest[0])
		} else {
			b = append(b, rest[:size]...)
		}
		rest = rest[size:]
	}
	return b, nil
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (t *text) UnmarshalText(written []byte) error {
	var b strings.Builder
	plain, rest, found := strings.Cut(string(written), "%")
	for ; found; plain, rest, found = strings.Cut(rest, "%") {
		b.WriteString(plain)
		if len(rest) < 2 {
			return fmt.Errorf("%q ends within an escape", written)
		}
		octet, err := hex.DecodeString(rest[:2])
		if err != nil {
			return fmt.Errorf("escape in %q: %w", written, err)
		}
		b.Write(octet)
		rest = rest[2:]
	}
	b.WriteString(plain)
	*t = text(b.String())
	return nil
}
