package main

import (
	"slices"
	"strconv"
	"strings"
)

// sersyncFlags are the options of sersync's command line.
type sersyncFlags struct {
	help, daemon, first bool
	file                string
	threads             int
	threadsGiven        bool
	plugin              string   // "" = mirror
	ignored             []string // words that are no options
}

const (
	sersyncFile    = "confxml.xml"
	sersyncThreads = 10
)

// parseSersync reads the options as getopt did: they can be bundled, the value
// of the last one follows at once or in the next word.
func parseSersync(args []string) (sersyncFlags, error) {
	f := sersyncFlags{file: sersyncFile, threads: sersyncThreads}
	for len(args) > 0 {
		word := args[0]
		args = args[1:]
		switch {
		case word == "--":
			f.ignored = append(f.ignored, args...)
			return f, nil
		case word == "--help":
			f.help = true
		case strings.HasPrefix(word, "--"), word == "-":
			return f, usage("sersync -h", "there is no option %s", word)
		case !strings.HasPrefix(word, "-"):
			f.ignored = append(f.ignored, word)
		default:
			taken, err := f.bundle(word[1:], args)
			if err != nil {
				return f, err
			}
			args = args[taken:]
		}
	}
	return f, nil
}

// bundle reads the letters of one word, and says how many of the next words it
// took.
func (f *sersyncFlags) bundle(letters string, next []string) (taken int, err error) {
	for i := range len(letters) {
		switch letter := letters[i : i+1]; letter {
		case "h":
			f.help = true
		case "d":
			f.daemon = true
		case "r":
			f.first = true
		case "o", "n", "m":
			value := letters[i+1:]
			if value == "" && len(next) == 0 {
				return 0, usage("sersync -h", "option -%s needs a value", letter)
			}
			if value == "" {
				value, taken = next[0], 1
			}
			return taken, f.set(letter, value)
		default:
			return 0, usage("sersync -h", "there is no option -%s", letter)
		}
	}
	return 0, nil
}

func (f *sersyncFlags) set(letter, value string) error {
	switch letter {
	case "o":
		if value == "" {
			return usage("sersync -o /etc/confxml.xml", "-o names no file")
		}
		f.file = value
	case "n":
		n, err := strconv.Atoi(value)
		if err != nil || n < 1 || n > 1000 {
			return usage("sersync -n 10", "-n %s: the number of threads is from 1 to 1000", value)
		}
		f.threads, f.threadsGiven = n, true
	case "m":
		known := []string{"command", "socket", "http", "refreshCDN"}
		if !slices.Contains(known, value) {
			return usage("there are "+strings.Join(known, ", "), "there is no plugin %q", value)
		}
		f.plugin = value
	}
	return nil
}
