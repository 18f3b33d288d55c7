package main

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
)

// noticesOf returns all licences in full.
func noticesOf(libraries []library) []byte {
	var out bytes.Buffer
	out.WriteString("Syncsvc is linked with the libraries below. Their source is at the addresses given.\n")
	for _, l := range libraries {
		fmt.Fprintf(&out, "\n%s\n%s %s: %s\n%s\n", strings.Repeat("=", 78), l.path, l.version, l.licence, l.home())
		for _, t := range l.texts {
			fmt.Fprintf(&out, "\n----- %s\n\n%s\n", t.name, strings.Trim(t.words, "\n"))
		}
	}
	return out.Bytes()
}

func (l library) home() string {
	if l.path == goModules {
		return "https://pkg.go.dev/std@go" + l.version
	}
	return "https://pkg.go.dev/" + l.path + "@" + l.version
}

// common are the licences that every Debian system has a copy of.
var common = map[string]bool{"Apache-2.0": true, "MPL-2.0": true}

// Debian wants no copy of the Apache licence, also not within another text.
var apache = regexp.MustCompile(`(?s)Apache License\s+Version 2\.0, January 2004.*?END OF TERMS AND CONDITIONS`)

const apacheOnDebian = "The Apache License 2.0, as in /usr/share/common-licenses/Apache-2.0"

// debianCopyright returns paragraphs for Debian's copyright file, which is the one
// piece of documentation that is never left out there.
func debianCopyright(libraries []library) []byte {
	var out bytes.Buffer
	for _, l := range libraries {
		fmt.Fprintf(&out, "\nFiles: vendor/%s/*\n", l.path)
		fmt.Fprintf(&out, "Copyright: %s\n", strings.Join(l.holders(), "\n "))
		fmt.Fprintf(&out, "License: %s\n", strings.ReplaceAll(l.licence, " AND ", " and "))
		if common[l.licence] {
			fmt.Fprintf(&out, " The full text is in /usr/share/common-licenses/%s\n", l.licence)
		}
		for _, t := range l.texts {
			if !common[l.licence] || strings.HasPrefix(t.name, "NOTICE") {
				out.WriteString(paragraph(apache.ReplaceAllString(t.words, apacheOnDebian)))
			}
		}
	}
	return out.Bytes()
}

// paragraph indents as Debian's control files have it, where an empty line ends
// everything.
func paragraph(words string) string {
	var out strings.Builder
	for line := range strings.Lines(strings.Trim(words, "\n") + "\n") {
		line = strings.TrimRight(strings.ReplaceAll(line, "\t", "    "), " \r\n")
		if line == "" {
			line = "."
		}
		out.WriteString(" " + line + "\n")
	}
	return out.String()
}
