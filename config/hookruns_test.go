package config

import (
	"strings"
	"testing"
)

func TestCommandsThatWouldRunAName(t *testing.T) {
	for line, want := range map[string]bool{
		"/usr/local/bin/purge|{file}":            false,
		"sh|/usr/local/bin/purge.sh|{file}":      false,
		"sh|-c|purge \"$1\"|x|{file}":            false,
		"timeout|5|purge|{file}":                 false,
		"sudo|-n|/bin/purge|--file={file}":       false,
		"nice|-n|5|sh|/bin/purge.sh|{file}":      false,
		"ssh|web1|xargs -0 purge":                false,
		"python3|-m|purge|{file}":                false,
		"{file}":                                 true,
		"sh|{file}":                              true,
		"sh|-ec|purge {path}":                    true,
		"bash|-o|pipefail|-c|purge {file}":       true,
		"su|www|-c|mv {was} {file}":              true,
		"timeout|5s|sh|-c|purge {file}":          true,
		"timeout|5|{file}":                       true,
		"sudo|{file}":                            true,
		"nice|-n|5|/bin/sh|{file}":               true,
		"env|LANG=C|timeout|5|sh|{file}":         true,
		"ssh|web1|purge|{file}":                  true,
		"/usr/bin/ssh|-p|22|web1|purge '{path}'": true,
		"timeout|9|ssh|web1|purge {file}":        true,
	} {
		if got := runsFile(strings.Split(line, "|")); got != want {
			t.Errorf("%s: %t, want %t", line, got, want)
		}
	}
}
