package main

import (
	"slices"
	"strings"
	"testing"
)

func TestLicencesAreRecognisedByTheirWords(t *testing.T) {
	const redistribution = "Redistribution and use in source and binary forms, with or\n// without modification, are permitted"
	for words, want := range map[string]string{
		"                         Apache License\n                   Version 2.0, January 2004": "Apache-2.0",
		`Licensed under the Apache License, Version 2.0 (the "License")`:                        "Apache-2.0",
		"Permission is hereby granted, free of charge, to\nany person obtaining a copy":         "MIT",
		"Mozilla Public License, version 2.0":                                                   "MPL-2.0",
		redistribution:                                                                          "BSD-2-Clause",
		redistribution + "\nused to endorse or promote products derived from":                   "BSD-3-Clause",
		redistribution + "\nAll advertising materials mentioning":                               "BSD-4-Clause",
		"Altered source versions must be plainly marked as such":                                "Zlib",
		"Copyright 2012 The Prometheus Authors":                                                 "",
		"You may do what you like on Sundays.":                                                  "",
	} {
		if got := strings.Join(recognise(words), " AND "); got != want {
			t.Errorf("%q: got %q, want %q", words, got, want)
		}
	}
}

func TestHoldersAreFoundInAllTexts(t *testing.T) {
	l := library{path: "example.com/a", texts: []text{
		{"LICENSE", "Copyright (c) 2020-2026  Somebody, Inc.\n\ncopyright notice and this\nCopyright [yyyy] [name of copyright owner]"},
		{"NOTICE", "// Copyright 2013 The Others\nCopyright (c) 2020-2026 Somebody, Inc."},
	}}
	want := []string{"Copyright (c) 2020-2026 Somebody, Inc.", "Copyright 2013 The Others"}
	if got := l.holders(); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := (library{path: "example.com/b"}).holders(); !slices.Equal(got, []string{"The authors of example.com/b"}) {
		t.Errorf("without any: got %q", got)
	}
}

func TestDebianGetsNoCopyOfApache(t *testing.T) {
	l := library{path: "example.com/a", version: "v1.0.0", licence: "Apache-2.0 AND MIT", texts: []text{{
		"LICENSE", "MIT for most\n\n  Apache License\n  Version 2.0, January 2004\n\n  1. Definitions.\n\n  END OF TERMS AND CONDITIONS\n\nand that is all",
	}}}
	want := `
Files: vendor/example.com/a/*
Copyright: The authors of example.com/a
License: Apache-2.0 and MIT
 MIT for most
 .
   ` + apacheOnDebian + `
 .
 and that is all
`
	if got := string(debianCopyright([]library{l})); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
