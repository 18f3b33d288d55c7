package filter

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// tree is paths relative to some root, true for a folder.
type tree map[string]bool

// within returns the entries of dir that lie directly in it.
func (tr tree) within(dir string) []string {
	var names []string
	for path := range tr {
		if parent(path) == dir {
			names = append(names, path)
		}
	}
	return names
}

func (tr tree) has(path string) bool {
	_, ok := tr[path]
	return ok
}

func (tr tree) paths() []string { return slices.Sorted(maps.Keys(tr)) }

func parent(path string) string {
	if i := strings.LastIndexByte(path, '/'); i >= 0 {
		return path[:i]
	}
	return root
}

// make creates the tree beneath a new folder. Some of what is not a folder
// becomes a link to one, which rules must not take for a folder.
func (tr tree) make(t testing.TB) string {
	t.Helper()
	top := t.TempDir()
	for _, path := range tr.paths() {
		full := top + "/" + path
		var err error
		switch {
		case tr[path]:
			err = os.Mkdir(full, 0o755)
		case len(path)%3 == 0:
			err = os.Symlink("/", full)
		default:
			err = os.WriteFile(full, nil, 0o644)
		}
		if err != nil {
			t.Error(err)
		}
	}
	return top
}

// list reads a tree back from disk.
func list(t testing.TB, top string) tree {
	t.Helper()
	found := tree{}
	err := filepath.WalkDir(top, func(path string, d os.DirEntry, err error) error {
		if err == nil && path != top {
			found[path[len(top)+1:]] = d.IsDir()
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	return found
}

// run is what one rsync said it would do, or did.
type run struct {
	sent    []string // with a slash after folders; the root left out
	deleted []string // likewise
	exit    int
	text    string // all it wrote
}

// rsync runs the real program as syncsvc does: in the source folder, names on
// standard input.
func rsync(t testing.TB, src, dst string, names []string, args ...string) run {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	args = append([]string{"-lptD", "-8", "--from0", "--files-from=-", "--out-format==%i=%n"}, args...)
	cmd := exec.CommandContext(ctx, "rsync", append(args, "./", dst)...)
	cmd.Dir = src
	cmd.Env = append(os.Environ(), "LC_ALL=C", asShell+"=1")
	cmd.Stdin = strings.NewReader(strings.Join(names, "\x00") + "\x00")
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Error(err)
		return run{exit: -1}
	}
	r := run{exit: cmd.ProcessState.ExitCode(), text: string(out)}
	for line := range bytes.Lines(out) {
		r.read(strings.TrimSuffix(string(line), "\n"))
	}
	slices.Sort(r.sent)
	slices.Sort(r.deleted)
	return r
}

func (r *run) read(line string) {
	rest, ok := strings.CutPrefix(line, "=")
	what, name, found := strings.Cut(rest, "=")
	if !ok || !found || name == "./" {
		return
	}
	if strings.HasPrefix(what, "*deleting") {
		r.deleted = append(r.deleted, unescape(name))
	} else {
		r.sent = append(r.sent, unescape(name))
	}
}

// unescape undoes rsync's \#ooo.
func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if strings.HasPrefix(s[i:], `\#`) && len(s) >= i+5 {
			if c, err := strconv.ParseUint(s[i+2:i+5], 8, 8); err == nil {
				b.WriteByte(byte(c))
				i += 4
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// overShell returns the arguments that send the rules through the protocol to
// another rsync, and the target to use with them.
func overShell(t testing.TB, dst string) (args []string, target string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Error(err)
	}
	return []string{"--rsh=" + self}, "host:" + dst
}

// dice makes random trees and rules.
type dice struct{ *rand.Rand }

func newDice(seed, stream uint64) dice { return dice{rand.New(rand.NewPCG(seed, stream))} }

func (d dice) one(in int) bool { return d.IntN(in) == 0 }

func (d dice) pick(from ...string) string { return from[d.IntN(len(from))] }

// name returns a file name, often one that means something to rsync.
func (d dice) name() string {
	if d.one(4) {
		return d.junk("ab*?[]\\!-+.# \n\xff:")
	}
	return d.pick("a", "b", "ab", "foo", "foo.o", "x.c", "core", "bar.o", ".git", "a b", "[x]", "[a-z]", "a*b",
		"*", "**", "***", "?", `b\s`, `\`, `\*`, "-dash", "- a", "+ a", "!", "!a", "n\nl", "\xff\xfe", "é", "#h",
		";s", "a.b.c", "a]", "[", "...", "_u", "t\tb", `\#012`, "'q'", `"`, "$(x)", "A", "0", "^", " ", "a ")
}

// junk returns one to four of the given bytes. It may not be a folder's
// pseudo-name.
func (d dice) junk(of string) string {
	for {
		b := make([]byte, 1+d.IntN(4))
		for i := range b {
			b[i] = of[d.IntN(len(of))]
		}
		if s := string(b); s != "." && s != ".." {
			return s
		}
	}
}

func (d dice) tree() tree {
	tr := tree{}
	dirs := []string{""}
	for range 20 + d.IntN(40) {
		path := dirs[d.IntN(len(dirs))] + d.name()
		if _, taken := tr[path]; taken {
			continue
		}
		tr[path] = d.IntN(5) < 2 && strings.Count(path, "/") < 4
		if tr[path] {
			dirs = append(dirs, path+"/")
		}
	}
	return tr
}

// part returns some of the tree, folders above included.
func (d dice) part(tr tree) tree {
	some := tree{}
	for _, path := range tr.paths() {
		if _, ok := some[parent(path)]; (ok || parent(path) == root) && d.IntN(4) > 0 {
			some[path] = tr[path]
		}
	}
	return some
}

// pattern returns a pattern that has a fair chance to match something in tr.
func (d dice) pattern(tr tree) string {
	if d.one(12) {
		return d.junk("ab*?[]!^-\\/:.") + d.junk("ab*?[]!^-\\/:.")
	}
	paths := tr.paths()
	parts := strings.Split(paths[d.IntN(len(paths))], "/")
	for i := range parts {
		parts[i] = d.mutate(parts[i])
	}
	// Only a slash, or two stars, may match the slash between two names.
	slash := d.pick("/", "/", "/", "/", "/", "/", "/", "?", "*", "[/]", "[!a]", "[--9]", "[[:punct:]]")
	p := strings.Join(parts[d.IntN(len(parts)):], slash)
	if d.one(3) {
		p = "/" + strings.Join(parts, slash)
	}
	if d.one(12) {
		p = "**" + p
	}
	return p + d.pick("", "", "", "", "/", "/", "/***", "/**", "/*", "*", "**", "***", `\`, "//")
}

// mutate turns a name into a pattern for it, more or less.
func (d dice) mutate(name string) string {
	i := d.IntN(len(name))
	switch d.IntN(12) {
	case 0:
		return d.pick("*", "**", "?", "*.o", "a*", "***")
	case 1:
		return name[:i] + "*"
	case 2:
		return "*" + name[i:]
	case 3:
		return name[:i] + "?" + name[i+1:]
	case 4:
		return name[:i] + "[" + d.pick("", "!", "^") + d.junk("]abfox-\\!^[:"+string(name[i])) + "]" + name[i+1:]
	case 5:
		group := d.pick("alnum", "alpha", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space", "upper", "xdigit", "nope")
		return name[:i] + "[" + d.pick("", "!", "a", "[", "]") + "[:" + group + d.pick(":]", ":]", ":", "]") + "]" + name[i+1:]
	case 6:
		return name[:i] + `\` + name[i:]
	case 7:
		return strings.TrimPrefix(Literal(name, false), "/")
	}
	return name
}

// rules returns a list that Parse and rsync both take.
func (d dice) rules(tr tree) []Rule {
	var rules []Rule
	for range 1 + d.IntN(5) {
		r := Rule{d.pattern(tr), Kind(d.IntN(3)), ""}
		switch {
		case d.one(40):
			r.Text = "!"
		case r.Kind == Full:
			r.Text = d.prefix() + r.Text
		case d.one(6):
			r.Text = d.pick("- ", "+ ") + r.Text
		}
		if _, err := Parse([]Rule{r}, nil); err == nil {
			rules = append(rules, r)
		}
	}
	return rules
}

func (d dice) prefix() string {
	if d.one(3) {
		return d.pick("H", "S", "P", "R", "hide", "show", "protect", "risk") + d.pick("", "", ",!", ",p") + d.pick(" ", "_")
	}
	return d.pick("-", "+", "-", "exclude", "include") + d.pick("", "", ",!", ",s", ",r", ",sr", ",p", ",x", ",!p") + d.pick(" ", "_")
}
