package rsync

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// unescape turns a line as rsync -8 prints it into what it means: \#ooo stands
// for one byte, which is a control character or the backslash of a name that
// happens to contain such a sequence.
func unescape(line string) string {
	if !strings.Contains(line, `\#`) {
		return line
	}
	var out strings.Builder
	for i := 0; i < len(line); i++ {
		if b, ok := octal(line[i:]); ok {
			out.WriteByte(b)
			i += len(`\#ooo`) - 1
			continue
		}
		out.WriteByte(line[i])
	}
	return out.String()
}

// octal reads the escape at the start of s.
func octal(s string) (byte, bool) {
	if len(s) < 5 || s[0] != '\\' || s[1] != '#' {
		return 0, false
	}
	var n int
	for _, digit := range []byte(s[2:5]) {
		if digit < '0' || digit > '7' {
			return 0, false
		}
		n = n<<3 | int(digit-'0')
	}
	return byte(n), n <= 0xff
}

// printable shortens nothing but makes a text safe to show on a terminal:
// control characters and bytes that are not UTF-8 become \xNN.
func printable(s string) string {
	clean := strings.IndexFunc(s, unprintable) < 0
	if clean && utf8.ValidString(s) {
		return s
	}
	var out strings.Builder
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		if r == utf8.RuneError && size == 1 || unprintable(r) {
			writeHex(&out, s[:size])
		} else {
			out.WriteString(s[:size])
		}
		s = s[size:]
	}
	return out.String()
}

func unprintable(r rune) bool { return !unicode.IsPrint(r) }

func writeHex(out *strings.Builder, raw string) {
	const digits = "0123456789abcdef"
	for i := range len(raw) {
		out.WriteString(`\x`)
		out.WriteByte(digits[raw[i]>>4])
		out.WriteByte(digits[raw[i]&15])
	}
}
