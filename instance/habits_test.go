package instance_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// habits are what common programs do to the trees they work in.
func habits() map[string]func(d *scene) {
	return map[string]func(d *scene){
		"vim": (*scene).vim,
		"emacs": func(d *scene) {
			d.rename("f", "f~")
			d.file("f", "emacs")
			d.symlink("somebody@here.123:456", ".#f")
			d.remove(".#f")
		},
		"atomic": func(d *scene) { d.file(".f.tmp", "new text!"); d.rename(".f.tmp", "f") },
		"sed":    func(d *scene) { d.run(d.dir, "sed", "-i", "s/text/TEXT/", "f") },
		"libreoffice": func(d *scene) {
			d.file(".~lock.f#", "me")
			d.file("lu1.tmp", "odt")
			d.rename("lu1.tmp", "f")
			d.remove(".~lock.f#")
		},
		"mkdir -p": (*scene).deepAndAtOnce,
		"git":      (*scene).git,
		"tar":      func(d *scene) { d.grow("t"); d.pack("t"); d.run(d.dir, "tar", "xf", d.away("tar")) },
		"cp -a":    func(d *scene) { d.grow("t"); d.run(d.dir, "cp", "-a", "t", "copy") },
		"rsync -a": func(d *scene) {
			d.grow("t")
			d.run(d.dir, "rsync", "-a", "t/", "copy/")
			d.run(d.dir, "rsync", "-a", "--delete", "t/d1/", "copy/")
		},
		"log":      (*scene).appendOften,
		"download": func(d *scene) { d.file("x.part", "half"); d.file("x.part", "half and half"); d.rename("x.part", "x") },
		"lock":     (*scene).lockOften,
	}
}

func (d *scene) remove(name string) { d.Helper(); d.must(os.Remove(d.at(name))) }

func (d *scene) symlink(to, name string) { d.Helper(); d.must(os.Symlink(to, d.at(name))) }

// vim with a backup: it tries whether it may write, moves the old file aside,
// writes the new one and drops the old.
func (d *scene) vim() {
	d.Helper()
	d.file("4913", "")
	d.remove("4913")
	d.file(".f.swp", "swap")
	d.rename("f", "f~")
	d.file("f", "vim text!")
	d.must(os.Chmod(d.at("f"), 0o644))
	d.remove("f~")
	d.remove(".f.swp")
}

// deepAndAtOnce writes into folders before anybody can watch them.
func (d *scene) deepAndAtOnce() {
	d.Helper()
	for i := range 50 {
		d.file(fmt.Sprintf("a%d/b/c/d/e/f/g/h/file", i), fmt.Sprint(i))
	}
}

// grow makes a small tree with some of everything in it.
func (d *scene) grow(in string) {
	d.Helper()
	for i := range 200 {
		d.file(fmt.Sprintf("%s/d%d/e%d/f%d", in, i%3, i%7, i), fmt.Sprint(in, i))
	}
	d.symlink("d1/e1", in+"/link")
	d.must(os.Chmod(d.at(in+"/d2"), 0o750))
	d.age(d.at(in + "/d1"))
}

func (d *scene) pack(name string) {
	d.Helper()
	d.run(d.dir, "tar", "cf", d.away("tar"), name)
	d.must(os.RemoveAll(d.at(name)))
}

// git clones a repository into the tree and goes back and forth in it.
func (d *scene) git() {
	d.Helper()
	origin := d.away("origin")
	d.mkdir(origin)
	git := func(dir string, args ...string) {
		d.Helper()
		id := []string{"git", "-C", dir, "-c", "user.name=n", "-c", "user.email=e@localhost", "-c", "commit.gpgsign=false"}
		d.run(d.dir, append(id, args...)...)
	}
	git(origin, "init", "-q", "-b", "main")
	for commit := range 3 {
		for i := range 40 {
			file := filepath.Join(origin, fmt.Sprintf("pkg%d/file%d", i%(5+commit), i))
			d.mkdir(filepath.Dir(file))
			d.must(os.WriteFile(file, fmt.Appendf(nil, "%d %d", commit, i), 0o644))
		}
		git(origin, "add", "-A")
		git(origin, "commit", "-q", "-m", fmt.Sprint("commit ", commit))
		git(origin, "tag", fmt.Sprint("v", commit))
		git(origin, "rm", "-r", "-q", "pkg0")
	}
	git(".", "clone", "-q", origin, "work")
	for _, at := range []string{"v0", "v2", "v1", "main"} {
		git("work", "checkout", "-q", at)
	}
	git("work", "gc", "-q")
}

func (d *scene) appendOften() {
	d.Helper()
	f := d.open("log", os.O_CREATE|os.O_APPEND|os.O_WRONLY)
	for i := range 2000 {
		d.write(f, fmt.Sprintln("line", i))
	}
}

func (d *scene) lockOften() {
	d.Helper()
	for i := range 500 {
		f, err := os.OpenFile(d.at("lock"), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		d.must(errors.Join(err, f.Close()))
		d.file("data", fmt.Sprint(i))
		d.remove("lock")
	}
}

// TestProgramsAtWork: however they write, what is there in the end arrives.
func TestProgramsAtWork(t *testing.T) {
	onStages(t, func(t *testing.T, s stage) {
		m := s.newMirror(t, "settle: {quiet: 200ms, at_most: 1s}")
		m.mkdir(m.attic("."))
		for name := range habits() {
			m.put(name+"/f", "some text")
		}
		m.start().settled()
		m.heard(s)
		for name, work := range habits() {
			work(&scene{m, name})
		}
		m.settled()
	})
}

// TestManyFilesInOneFolder: they arrive, and go again.
func TestManyFilesInOneFolder(t *testing.T) {
	many := 10_000
	if long() {
		many = 100_000
	}
	onStages(t, func(t *testing.T, s stage) {
		if s.backend == "fanotify" && !long() {
			t.Skip("the long run has it")
		}
		m := s.newMirror(t, "max_delete: off") // the queue may overflow
		m.start().settled()
		m.mkdir(m.src("many"))
		for i := range many {
			m.must(os.WriteFile(m.src(fmt.Sprint("many/", i)), nil, 0o644))
		}
		m.settled()
		m.must(os.RemoveAll(m.src("many")))
		m.settled()
	})
}
