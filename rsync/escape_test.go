package rsync

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// escaped is what rsync -8 does to a name.
func escaped(name string) string {
	var out strings.Builder
	for i := range len(name) {
		_, ambiguous := digits(name[i:])
		if ambiguous || name[i] < ' ' && name[i] != '\t' {
			fmt.Fprintf(&out, `\#%03o`, name[i])
		} else {
			out.WriteByte(name[i])
		}
	}
	return out.String()
}

// digits reports whether s begins like an escape, with any decimal digits.
func digits(s string) (string, bool) {
	if len(s) < 5 || s[:2] != `\#` {
		return "", false
	}
	return s[2:5], strings.Trim(s[2:5], "0123456789") == ""
}

func FuzzUnescape(f *testing.F) {
	for _, s := range []string{"", "plain", `\#012`, `\#19x`, `\#999`, "a\nb", `\\#0`, "\xff", `\#`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if got := unescape(escaped(name)); got != name {
			t.Errorf("%q became %q through %q", name, got, escaped(name))
		}
		if text := printable(name); strings.ContainsFunc(text, unprintable) {
			t.Errorf("%q is not printable", text)
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add("><f+++++++++ 45 name")
	f.Add(`rsync: [receiver] mkstemp ".f.lpj9tS" (in nob) failed: Permission denied (13)`)
	f.Add(`rsync: [receiver] rename ".f" (in m) -> "f": x (1)`)
	f.Fuzz(func(t *testing.T, line string) {
		if item, ok := parseItem(line); ok && item.Path == "" {
			t.Errorf("an item without a path: %q", line)
		}
		m := parseMessage(line, trouble)
		if m.meaning == failure && !strings.Contains(line, m.path) {
			t.Errorf("path %q is not in %q", m.path, line)
		}
		if line != "" && m.meaning == foreign {
			t.Errorf("%q is foreign in rsync's own stream", line)
		}
	})
}

// TestWordsSurviveTheWayToSSH lets rsync take --rsh apart and ssh's stand-in
// tell what arrived.
func TestWordsSurviveTheWayToSSH(t *testing.T) {
	w := newWorld(t)
	w.write("f=1")
	bin, heard := t.TempDir(), filepath.Join(t.TempDir(), "heard")
	stand := fmt.Sprintf("#!/bin/sh\nfor a; do printf '%%s\\0' \"$a\"; done > '%s'\nexit 255\n", heard)
	w.must(os.WriteFile(filepath.Join(bin, "ssh"), []byte(stand), 0o755))
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	option := rapid.StringOf(rapid.SampledFrom([]rune(`a' "\$ =%é`)))
	rapid.Check(t, func(rt *rapid.T) {
		options := rapid.SliceOfN(option, 1, 5).Draw(rt, "options")
		target := Target{Kind: SSH, Host: "h", Path: "/x", SSH: Shell{Options: options}}
		w.run(target, w.flat("f"), Away)
		text, err := os.ReadFile(heard)
		w.must(err)
		got := strings.Split(string(text), "\x00")
		if diff := cmp.Diff(target.ssh()[1:], got[:len(target.ssh())-1]); diff != "" {
			rt.Fatalf("words (-want +got):\n%s", diff)
		}
	})
}

// TestSSHReadsFileNamesBack asks ssh what it understood.
func TestSSHReadsFileNamesBack(t *testing.T) {
	for _, name := range []string{"/plain", "/with blank", `/qu"ote`, `/back\slash`, `/\"both`, "/per%cent%h", "/it's", "/tab\tin", "/$HOME", "/\xff\xfe"} {
		target := Target{Kind: SSH, Host: "h", SSH: Shell{IdentityFile: name, KnownHosts: name}}
		argv := append(target.ssh(), "-G", "h")
		out, err := exec.Command(argv[0], argv[1:]...).Output()
		if err != nil {
			t.Fatal(err)
		}
		// -G prints what it read before %-tokens are put in.
		want := "identityfile " + strings.ReplaceAll(name, "%", "%%") + "\n"
		if !strings.Contains(string(out), want) {
			t.Errorf("%q: ssh does not say %q", name, want)
		}
	}
}
