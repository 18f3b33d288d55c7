package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// text is a file that has to go with the program.
type text struct {
	name  string // below the module's folder
	words string
}

// licences are recognised by what no other has.
var licences = []struct {
	id, mark string
}{
	{"Apache-2.0", "apache license, version 2.0"},
	{"Apache-2.0", "apache license version 2.0"},
	{"ISC", "permission to use, copy, modify, and/or distribute this software"},
	{"MIT", "permission is hereby granted, free of charge, to any person obtaining a copy"},
	{"MPL-2.0", "mozilla public license, version 2.0"},
	{"MPL-2.0", "mozilla public license version 2.0"},
	{"Zlib", "altered source versions must be plainly marked as such"},
}

const (
	bsd        = "redistribution and use in source and binary forms"
	bsdThird   = "endorse or promote products"
	bsdAdverts = "all advertising materials"
)

// read collects the licences in the folders of a library, the first of which is
// its own.
func (l *library) read(folders []string) error {
	if len(folders) == 0 {
		return fmt.Errorf("%s is in the program but not in its source; was it built from this commit, for this GOARCH?", l.path)
	}
	var ids []string
	for _, dir := range folders {
		files, err := os.ReadDir(dir)
		if err != nil {
			return err
		}
		for _, f := range files {
			if !isLegal(f.Name()) || f.IsDir() {
				continue
			}
			words, err := os.ReadFile(filepath.Join(dir, f.Name()))
			if err != nil {
				return err
			}
			name, _ := filepath.Rel(folders[0], filepath.Join(dir, f.Name()))
			l.texts = append(l.texts, text{name, strings.ToValidUTF8(string(words), "?")})
			ids = append(ids, recognise(string(words))...)
		}
	}
	slices.Sort(ids)
	l.licence = strings.Join(slices.Compact(ids), " AND ")
	if l.licence == "" {
		return fmt.Errorf("%s: no licence known here is in %s; add it to tools/bom/licence.go", l.path, folders[0])
	}
	return nil
}

func isLegal(file string) bool {
	name := strings.ToLower(strings.TrimSuffix(strings.TrimSuffix(file, ".txt"), ".md"))
	switch name {
	case "license", "licence", "copying", "notice", "patents":
		return true
	}
	return strings.HasPrefix(name, "license-") || strings.HasPrefix(name, "licence-")
}

// recognise returns the SPDX names of the licences in a file.
func recognise(words string) []string {
	flat := strings.ToLower(strings.Join(strings.Fields(words), " "))
	var ids []string
	for _, l := range licences {
		if strings.Contains(flat, l.mark) {
			ids = append(ids, l.id)
		}
	}
	switch {
	case !strings.Contains(flat, bsd):
	case strings.Contains(flat, bsdAdverts):
		ids = append(ids, "BSD-4-Clause")
	case strings.Contains(flat, bsdThird):
		ids = append(ids, "BSD-3-Clause")
	default:
		ids = append(ids, "BSD-2-Clause")
	}
	return ids
}

// holder finds whose a text is; in the appendix of the Apache licence nobody is.
var holder = regexp.MustCompile(`(?im)^\W*(copyright\s+(?:\(c\)|©|\d{4}).*?)\s*$`)

func (l library) holders() []string {
	var found []string
	for _, t := range l.texts {
		for _, m := range holder.FindAllStringSubmatch(t.words, -1) {
			found = append(found, strings.Join(strings.Fields(m[1]), " "))
		}
	}
	if len(found) == 0 {
		return []string{"The authors of " + l.path}
	}
	slices.Sort(found)
	return slices.Compact(found)
}
