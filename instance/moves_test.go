package instance_test

import (
	"os"

	"golang.org/x/sys/unix"
)

// exchange swaps two names in one step.
func (d *scene) exchange(a, b string) {
	d.Helper()
	d.must(unix.Renameat2(unix.AT_FDCWD, d.at(a), unix.AT_FDCWD, d.at(b), unix.RENAME_EXCHANGE))
}

func (d *scene) rename(from, to string) { d.Helper(); d.must(os.Rename(d.at(from), d.at(to))) }

// moved are the deeds that move things about.
func moved() map[string]deed {
	two := func(d *scene) { d.files("d", "one", "two"); d.files("e", "one", "two") }
	outside := func(d *scene) { aFolder(d); d.must(os.Rename(d.at("d"), d.away("d"))) }
	return map[string]deed{
		"file renamed":        {before: aFile, do: func(d *scene) { d.rename("f", "g") }},
		"file renamed twice":  {before: aFile, do: func(d *scene) { d.rename("f", "g"); d.rename("g", "h") }},
		"file there and back": {before: aFile, do: func(d *scene) { d.rename("f", "g"); d.rename("g", "f") }},
		"file moved":          {before: func(d *scene) { aFile(d); aFolder(d) }, do: func(d *scene) { d.rename("f", "d/deep/f") }},
		"file renamed over":   {before: two, do: func(d *scene) { d.rename("d/one", "d/two") }},
		"link renamed": {
			before: func(d *scene) { d.must(os.Symlink("x", d.at("l"))) },
			do:     func(d *scene) { d.rename("l", "m") },
		},
		"folder renamed":              {before: aFolder, do: func(d *scene) { d.rename("d", "e") }},
		"folder renamed and written":  {before: aFolder, do: func(d *scene) { d.rename("d", "e"); d.file("e/one", "new"); d.file("e/deep/four", "4") }},
		"folder written and renamed":  {before: aFolder, do: func(d *scene) { d.file("d/one", "new"); d.rename("d", "e") }},
		"folder renamed and replaced": {before: aFolder, do: func(d *scene) { d.rename("d", "e"); d.files("d", "one", "other") }},
		"folder renamed twice":        {before: aFolder, do: func(d *scene) { d.rename("d", "e"); d.rename("e", "f") }},
		"folder moved deeper":         {before: two, do: func(d *scene) { d.rename("d", "e/d") }},
		"new folder renamed":          {do: func(d *scene) { aFolder(d); d.rename("d", "e") }},
		"files exchanged":             {before: two, do: func(d *scene) { d.exchange("d/one", "e/one") }},
		"folders exchanged":           {before: two, do: func(d *scene) { d.exchange("d", "e") }},
		"folder and file exchanged":   {before: func(d *scene) { aFile(d); aFolder(d) }, do: func(d *scene) { d.exchange("f", "d") }},
		"folder moved in":             {before: outside, do: func(d *scene) { d.must(os.Rename(d.away("d"), d.at("d"))) }},
		"folder moved out":            {before: aFolder, do: func(d *scene) { d.must(os.Rename(d.at("d"), d.away("d"))) }},
		"folder moved out, written there": {before: aFolder, do: func(d *scene) {
			d.must(os.Rename(d.at("d"), d.away("d")))
			d.must(os.WriteFile(d.away("d")+"/one", []byte("not yours"), 0o600))
		}},
		"folder moved out and in": {before: aFolder, do: func(d *scene) {
			d.must(os.Rename(d.at("d"), d.away("d")))
			d.must(os.WriteFile(d.away("d")+"/one", []byte("meanwhile"), 0o600))
			d.must(os.Rename(d.away("d"), d.at("e")))
		}},
		"file moved in over": {
			before: func(d *scene) {
				d.files("d", "one")
				d.must(os.Rename(d.at("d/one"), d.away("one")))
				d.files("d", "one")
			},
			do: func(d *scene) {
				d.must(os.WriteFile(d.away("one"), []byte("0123456789abcdef"), 0o600))
				d.must(os.Chtimes(d.away("one"), aged, aged))
				d.must(os.Rename(d.away("one"), d.at("d/one")))
			},
		},
		"file deleted":   {before: aFile, do: func(d *scene) { d.must(os.Remove(d.at("f"))) }},
		"folder deleted": {before: aFolder, do: func(d *scene) { d.must(os.RemoveAll(d.at("d"))) }},
		"deleted and made": {before: aFolder, do: func(d *scene) {
			d.must(os.RemoveAll(d.at("d")))
			d.files("d", "two", "four")
		}},
		"made and deleted": {do: func(d *scene) {
			for range 100 {
				d.file("f", "1")
				d.must(os.Remove(d.at("f")))
			}
		}},
	}
}

// replaced are the deeds that put one type of thing in the place of another.
func replaced() map[string]deed {
	gone := func(d *scene, name string) { d.Helper(); d.must(os.RemoveAll(d.at(name))) }
	return map[string]deed{
		"file by folder":          {before: aFile, do: func(d *scene) { gone(d, "f"); d.file("f/x", "1") }},
		"file by folder and back": {before: aFile, do: func(d *scene) { gone(d, "f"); d.file("f/x", "1"); gone(d, "f"); d.file("f", "2") }},
		"folder by file":          {before: aFolder, do: func(d *scene) { gone(d, "d"); d.file("d", "1") }},
		"folder by link": {before: aFolder, do: func(d *scene) {
			d.rename("d", "e")
			d.must(os.Symlink("e", d.at("d")))
		}},
		"folder by dangling link": {before: aFolder, do: func(d *scene) { gone(d, "d"); d.must(os.Symlink("nowhere", d.at("d"))) }},
		"link by folder": {
			before: func(d *scene) { aFolder(d); d.must(os.Symlink("d", d.at("l"))) },
			do:     func(d *scene) { gone(d, "l"); d.files("l", "one") },
		},
		"link by link": {
			before: func(d *scene) { d.must(os.Symlink("one", d.at("l"))) },
			do:     func(d *scene) { d.must(os.Symlink("two", d.at("m"))); d.rename("m", "l") },
		},
		"file by fifo": {before: aFile, do: func(d *scene) { gone(d, "f"); d.must(unix.Mkfifo(d.at("f"), 0o600)) }},
	}
}
