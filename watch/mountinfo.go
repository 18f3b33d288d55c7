package watch

import (
	"bufio"
	"io"
	"strconv"
	"strings"
)

// mount is one line of /proc/self/mountinfo.
type mount struct {
	id    uint64
	fsdir string // the folder of its file system that is mounted
	point string // where, as an absolute path
	kind  string // type of file system
}

// bind reports whether it shows only a part of its file system.
func (m mount) bind() bool { return m.fsdir != "/" }

// parseMounts reads mountinfo. What does not look like a mount is left out.
func parseMounts(r io.Reader) ([]mount, error) {
	var list []mount
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if m, ok := parseMount(lines.Text()); ok {
			list = append(list, m)
		}
	}
	return list, lines.Err()
}

// parseMount reads "36 35 98:0 /dir /point options [tags] - type source …".
func parseMount(line string) (mount, bool) {
	before, after, ok := strings.Cut(line, " - ")
	fields := strings.Fields(before)
	if !ok || len(fields) < 6 {
		return mount{}, false
	}
	id, err := strconv.ParseUint(fields[0], 10, 64)
	kind, _, _ := strings.Cut(after, " ")
	return mount{id: id, fsdir: unescape(fields[3]), point: unescape(fields[4]), kind: kind}, err == nil
}

// unescape undoes the kernel's \040 for bytes that would end a field.
func unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+3 < len(s) {
			if c, err := strconv.ParseUint(s[i+1:i+4], 8, 8); err == nil {
				b.WriteByte(byte(c))
				i += 3
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
