package child

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

var errNoGroups = errors.New("no cgroup2 file system is mounted")

// ownGroup returns the folder of the control group that this process is in, of
// the second version. Some machines have both versions, with the second one in
// a folder of its own.
func ownGroup() (string, error) {
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return "", err
	}
	own, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return "", err
	}
	return groupDir(string(mounts), string(own))
}

// groupDir puts together what mountinfo and cgroup of proc(5) say.
func groupDir(mounts, own string) (string, error) {
	path := ""
	for line := range strings.Lines(own) {
		if p, ok := strings.CutPrefix(line, "0::"); ok {
			path = strings.TrimSuffix(p, "\n")
		}
	}
	if path == "" {
		return "", errNoGroups
	}
	err := errNoGroups
	for line := range strings.Lines(mounts) {
		before, after, _ := strings.Cut(line, " - ")
		fields := strings.Fields(before)
		if !strings.HasPrefix(after, "cgroup2 ") || len(fields) < 5 {
			continue
		}
		root, point := unescape(fields[3]), unescape(fields[4])
		rel, relErr := filepath.Rel(root, path)
		// Below .. is what lies outside of our cgroup namespace.
		if relErr == nil && filepath.IsLocal(rel) && !strings.HasPrefix(path, "/..") {
			return filepath.Join(point, rel), nil
		}
		err = fmt.Errorf("our control group %s lies outside of %s, which is mounted at %s", path, root, point)
	}
	return "", err
}

// unescape undoes how the kernel writes blanks in names: \040.
func unescape(s string) string {
	var b strings.Builder
	for {
		plain, rest, found := strings.Cut(s, `\`)
		b.WriteString(plain)
		if !found {
			return b.String()
		}
		code, err := strconv.ParseUint(rest[:min(3, len(rest))], 8, 8)
		if err != nil {
			b.WriteByte('\\')
			s = rest
			continue
		}
		b.WriteByte(byte(code))
		s = rest[3:]
	}
}
