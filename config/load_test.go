package config

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// confDir is a folder of configuration files.
type confDir struct {
	t    *testing.T
	path string
}

func newConfDir(t *testing.T) confDir {
	t.Helper()
	return confDir{t, t.TempDir()}
}

// write puts a file there and returns its path.
func (c confDir) write(name, text string) string {
	c.t.Helper()
	path := filepath.Join(c.path, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		c.t.Fatal(err)
	}
	return path
}

// load reads the folder and returns the modules' names and the problems.
func (c confDir) load() (names []string, problems []string) {
	c.t.Helper()
	modules, err := LoadDir(c.path)
	for _, m := range modules {
		names = append(names, m.Name)
	}
	for _, p := range Problems(err) {
		problems = append(problems, strings.ReplaceAll(p.Error(), c.path, "DIR"))
	}
	return names, problems
}

func module(target string) string { return "watch: /srv/www\ntargets: [" + target + "]\n" }

func TestModulesComeInOrderOfTheirNames(t *testing.T) {
	c := newConfDir(t)
	c.write("www.yaml", module("/mnt/www"))
	c.write("bbs.yml", module("/mnt/bbs"))
	c.write("blog.v2.json", `{"watch": "/srv/blog", "targets": ["/mnt/blog"]}`)
	names, problems := c.load()
	if diff := cmp.Diff([]string{"bbs", "blog.v2", "www"}, names); diff != "" || problems != nil {
		t.Errorf("%s%v", diff, problems)
	}
}

func TestOtherFilesArePassedOver(t *testing.T) {
	c := newConfDir(t)
	for _, name := range []string{
		".www.yaml", ".#www.yaml", ".www.yaml.swp", "www.yaml~", "#www.yaml#", "www.yaml.bak", "www.yaml.dpkg-old", "www.yaml.dpkg-dist",
		"www.yaml.rpmnew", "www.yaml.rpmsave", "www.yaml.orig", "README", "www.toml", ".yaml",
	} {
		c.write(name, "not a module")
	}
	if names, problems := c.load(); names != nil || problems != nil {
		t.Errorf("got %v, %v", names, problems)
	}
}

func TestBadFileDoesNotStopTheOthers(t *testing.T) {
	c := newConfDir(t)
	c.write("a.yaml", module("/mnt/a"))
	c.write("b.yaml", "watch: b\nthreads: 0\n")
	c.write("c.yaml", module("/mnt/c"))
	names, problems := c.load()
	if diff := cmp.Diff([]string{"a", "c"}, names); diff != "" {
		t.Error(diff)
	}
	want := []string{"DIR/b.yaml: targets is missing", `DIR/b.yaml:1:8: watch: "b" is not an absolute path`, "DIR/b.yaml:2:10: threads: 0 is out of range 1..1000"}
	if diff := cmp.Diff(want, problems); diff != "" {
		t.Error(diff)
	}
}

func TestTwoFilesOfOneModuleAreBothRefused(t *testing.T) {
	c := newConfDir(t)
	c.write("www.yaml", module("/mnt/a"))
	c.write("www.yml", module("/mnt/b"))
	c.write("bbs.yml", module("/mnt/c"))
	names, problems := c.load()
	if diff := cmp.Diff([]string{"bbs"}, names); diff != "" {
		t.Error(diff)
	}
	want := []string{`DIR/www.yml: DIR/www.yaml is also the file of module "www"; neither is used`}
	if diff := cmp.Diff(want, problems); diff != "" {
		t.Error(diff)
	}
}

func TestNamesThatAreNone(t *testing.T) {
	c := newConfDir(t)
	c.write("my site.yaml", module("/mnt/a"))
	c.write("-x.yaml", module("/mnt/b"))
	c.write(strings.Repeat("x", 65)+".yaml", module("/mnt/c"))
	names, problems := c.load()
	if names != nil || len(problems) != 3 {
		t.Errorf("got %q, %q", names, problems)
	}
	if _, err := LoadModule(c.write("www.conf", module("/mnt/a"))); err == nil {
		t.Error("www.conf is taken for a module file")
	}
}

func TestTwoModulesMustNotDeleteEachOthersFiles(t *testing.T) {
	c := newConfDir(t)
	c.write("a.yaml", module("rsync://h/www"))
	c.write("b.yaml", module("/mnt/b, rsync://anna@H:873/www/"))
	c.write("c.yaml", module("rsync://h/www/c"))
	names, problems := c.load()
	if diff := cmp.Diff([]string{"a", "c"}, names); diff != "" {
		t.Error(diff)
	}
	want := []string{`DIR/b.yaml:2:19: targets[1]: is also a target of module "a": each would delete what the other brings`}
	if diff := cmp.Diff(want, problems); diff != "" {
		t.Error(diff)
	}
	modules, _ := LoadDir(c.path)
	if w := modules[1].Warnings(); len(w) != 1 || !strings.Contains(w[0], `overlaps rsync://h/www of module "a"`) {
		t.Errorf("warnings of c: %q", w)
	}
}

func TestTwoModulesMayShareATargetThatKeepsEverything(t *testing.T) {
	c := newConfDir(t)
	c.write("a.yaml", module("rsync://h/www")+"delete: false\n")
	c.write("b.yaml", module("rsync://h/www")+"delete: false\n")
	if names, problems := c.load(); len(names) != 2 || problems != nil {
		t.Errorf("got %q, %q", names, problems)
	}
}

func TestWhatIsNoRegularFileIsRefusedWithoutWaiting(t *testing.T) {
	c := newConfDir(t)
	if err := unix.Mkfifo(filepath.Join(c.path, "fifo.yaml"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(c.path, "dir.yaml"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("nowhere", filepath.Join(c.path, "link.yaml")); err != nil {
		t.Fatal(err)
	}
	names, problems := c.load()
	want := []string{"DIR/dir.yaml: is not a regular file", "DIR/fifo.yaml: is not a regular file", "DIR/link.yaml: no such file or directory"}
	if diff := cmp.Diff(want, problems); diff != "" || names != nil {
		t.Errorf("%s%q", diff, names)
	}
}

func TestMissingFolderIsToldApart(t *testing.T) {
	if _, err := LoadDir(filepath.Join(t.TempDir(), "nowhere")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	c := newConfDir(t)
	if modules, err := LoadDir(c.path); err != nil || modules != nil {
		t.Errorf("an empty folder: %v, %v", modules, err)
	}
}

func TestExcludeFromIsRead(t *testing.T) {
	c := newConfDir(t)
	list := c.write("www.exclude", "# comment\n\n*.o\n- \xff\n; no\n+ /keep.o\n")
	m, err := LoadModule(c.write("www.yaml", module("/mnt/www")+"exclude_from: "+list+"\n"))
	if err != nil {
		t.Fatal(err)
	}
	if !m.Filter.Excluded("a.o", false) || !m.Filter.Excluded("\xff", false) || m.Filter.Excluded("a.c", false) {
		t.Error("the rules of the file do not hold")
	}
	if got := m.Rules[1].Source; got != list+":4" {
		t.Errorf("the second rule comes from %s", got)
	}
}

func TestBadLineOfExcludeFromIsNamed(t *testing.T) {
	c := newConfDir(t)
	list := c.write("www.exclude", "ok\n"+strings.Repeat("x", 5000)+"\n")
	_, err := LoadModule(c.write("www.yaml", module("/mnt/www")+"exclude_from: "+list+"\n"))
	problems := Problems(err)
	if len(problems) != 1 || problems[0].Line != 3 || !strings.Contains(problems[0].Message, list+":2: ") {
		t.Errorf("got %v", err)
	}
}

func TestModuleCannotHaveTheNameOfTheService(t *testing.T) {
	path := newConfDir(t).write("syncsvc.yaml", "watch: /srv/www\ntargets: [/mnt/www]\n")
	_, err := LoadModule(path)
	if err == nil || !strings.Contains(err.Error(), `a module cannot be called "syncsvc"`) {
		t.Errorf("got %v", err)
	}
}

func TestPlaceOfAKey(t *testing.T) {
	m := mustDecode(t, "watch: /srv/www\ntargets: [/mnt/www]\nenabled: false\n")
	if got := m.Place("enabled"); got != "www.yaml:3" {
		t.Errorf("enabled is at %s", got)
	}
	if got := m.Place("priority"); got != "www.yaml" {
		t.Errorf("priority, which is not written, is at %s", got)
	}
}

func TestModuleThatStandsByMayHaveTheSameTarget(t *testing.T) {
	c := newConfDir(t)
	c.write("a.yaml", module("/mnt/www"))
	c.write("b.yaml", module("/mnt/www")+"enabled: false\n")
	names, problems := c.load()
	if len(names) != 2 || problems != nil {
		t.Errorf("got %q, %q", names, problems)
	}
}
