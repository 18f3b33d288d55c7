package config

import (
	"slices"
	"strings"
)

// option is one rsync option as it was found in rsync.args.
type option struct {
	name  string // "--delete" or "-n"
	value string // what follows an equals sign, or the rest of a short bundle
}

// refusal says why an option of rsync cannot be among the arguments, and what
// to use instead.
type refusal struct{ reason, hint string }

var (
	forDelete = refusal{"decides about deletions, which syncsvc keeps track of", "use delete: and max_delete:"}
	forFilter = refusal{"chooses files, and the watcher has to choose the same", "use filter:, include:, exclude: or exclude_from:"}
	forOutput = refusal{"changes the output that syncsvc reads", "leave it out; \"syncsvc status\" and the log say what is going on"}
	forNames  = refusal{"changes how the names to send are handed over", "leave it out"}
	forMode   = refusal{"makes rsync do something else than mirroring", "leave it out"}
	forBasis  = refusal{"lets rsync take other files for the target's own", "leave it out; renamed files are found without it"}
	forSSH    = refusal{"chooses the remote shell", "use ssh: at the target"}
	forAppend = refusal{"trusts that a file only grew, which is not so when it was replaced", "leave it out"}
	forTime   = refusal{"ends a transfer before everything is sent", "leave it out"}
)

func useKey(key string) refusal { return refusal{"has a key of its own", "use " + key} }

// refusalOf returns why an option is refused. What is not listed is left to
// rsync itself.
func refusalOf(name string) (refusal, bool) {
	if positive, negated := strings.CutPrefix(name, "--no-"); negated {
		if r, refused := refusalOf("--" + positive); refused {
			return r, true
		}
		if r, refused := refusalOf("-" + positive); refused {
			return r, true
		}
	}
	switch name {
	case "--del", "--delete", "--delete-before", "--delete-during", "--delete-delay", "--delete-after",
		"--delete-excluded", "--delete-missing-args", "--ignore-missing-args", "--ignore-errors",
		"--max-delete", "--force", "--remove-source-files", "--remove-sent-files":
		return forDelete, true
	case "--exclude", "--exclude-from", "--include", "--include-from", "--filter", "-f", "-F",
		"--cvs-exclude", "-C", "--prune-empty-dirs", "-m":
		return forFilter, true
	case "--verbose", "-v", "--quiet", "-q", "--info", "--debug", "--stderr", "--msgs2stderr", "--stats",
		"--progress", "-P", "--itemize-changes", "-i", "--out-format", "--log-format", "--log-file",
		"--log-file-format", "--human-readable", "-h", "--8-bit-output", "-8", "--outbuf":
		return forOutput, true
	case "--files-from", "--from0", "-0", "--old-args", "--old-dirs", "--old-d", "--no-relative", "--no-R",
		"--no-implied-dirs", "--no-dirs", "--no-d", "--iconv":
		return forNames, true
	case "--dry-run", "-n", "--daemon", "--server", "--sender", "--config", "--dparam", "--detach",
		"--list-only", "--write-batch", "--only-write-batch", "--read-batch", "--help", "--version", "-V",
		"--existing", "--ignore-non-existing", "--ignore-existing", "--write-devices":
		return forMode, true
	case "--compare-dest", "--copy-dest", "--link-dest":
		return forBasis, true
	case "--rsh", "-e":
		return forSSH, true
	case "--append", "--append-verify":
		return forAppend, true
	case "--stop-after", "--time-limit", "--stop-at":
		return forTime, true
	}
	return keyOf(name)
}

// keyOf finds options that a module file has a key for.
func keyOf(name string) (refusal, bool) {
	switch name {
	case "--timeout":
		return useKey("rsync.timeout:"), true
	case "--contimeout":
		return useKey("rsync.connect_timeout:"), true
	case "--bwlimit":
		return useKey("rsync.bwlimit:"), true
	case "--partial-dir", "--partial":
		return useKey("rsync.partial_dir:"), true
	case "--password-file":
		return useKey("password_file:"), true
	case "--port":
		return refusal{"belongs to the target", "write it in the target's URL: rsync://host:8730/www"}, true
	}
	return refusal{}, false
}

// remarkOn returns what to warn about an option that is allowed, or "".
func remarkOn(name string) string {
	switch name {
	case "-u", "--update":
		return "files that are newer on the target are not replaced, so it may stay different"
	case "--size-only":
		return "changes that keep a file's size are not mirrored"
	case "--max-size", "--min-size":
		return "files of other sizes are not mirrored"
	case "-L", "--copy-links", "-k", "--copy-dirlinks", "--copy-unsafe-links":
		return "what a link points to is not watched: changes there wait for a full compare"
	}
	return ""
}

// valueLetters are the short options that take the rest of their word, or the
// next word, as a value.
const valueLetters = "efBTM@"

// splitOptions takes one word of arguments apart: "-avn" is three options.
func splitOptions(word string) ([]option, *mistake) {
	switch {
	case !strings.HasPrefix(word, "-"):
		return nil, wrong("an option and its value are one word: \"--chmod=D755,F644\"", "%q is not an option, rsync would take it for a file", word)
	case word == "-" || word == "--":
		return nil, wrong("leave it out", "%q is not an option", word)
	case strings.HasPrefix(word, "--"):
		name, val, _ := strings.Cut(word, "=")
		return []option{{name, val}}, nil
	}
	var options []option
	for i := 1; i < len(word); i++ {
		name := "-" + word[i:i+1]
		if !strings.ContainsRune(valueLetters, rune(word[i])) {
			options = append(options, option{name, ""})
			continue
		}
		rest := strings.TrimPrefix(word[i+1:], "=")
		return append(options, option{name, rest}), nil
	}
	return options, nil
}

// checkArg refuses a word of arguments that would break what syncsvc promises,
// and returns what to warn about otherwise.
func checkArg(word string) (warnings []string, bad *mistake) {
	options, bad := splitOptions(word)
	if bad != nil {
		return nil, bad
	}
	for _, o := range options {
		if r, refused := refusalOf(o.name); refused {
			return nil, wrong(r.hint, "%s %s", o.name, r.reason)
		}
		if needsValue(o) {
			return nil, wrong("write option and value as one word: \""+joined(o.name)+"\"", "%s has no value", o.name)
		}
		if o.name == "-M" || o.name == "--remote-option" {
			return checkArg(o.value)
		}
		if remark := remarkOn(o.name); remark != "" {
			warnings = append(warnings, "with "+o.name+" "+remark)
		}
	}
	return warnings, nil
}

// needsValue reports whether an option would take the next word as its value,
// which could be another option.
func needsValue(o option) bool {
	if o.value != "" {
		return false
	}
	if len(o.name) == 2 {
		return strings.Contains(valueLetters, o.name[1:])
	}
	return slices.Contains([]string{
		"--address", "--backup-dir", "--block-size", "--checksum-choice", "--cc", "--checksum-seed", "--chmod", "--chown",
		"--compress-choice", "--zc", "--compress-level", "--zl", "--compress-threads", "--zt", "--confine-root", "--copy-as",
		"--early-input", "--groupmap", "--max-alloc", "--max-size", "--min-size", "--modify-window", "--protocol",
		"--remote-option", "--rsync-path", "--skip-compress", "--sockopts", "--suffix", "--temp-dir", "--usermap",
	}, o.name)
}

func joined(name string) string {
	if len(name) == 2 {
		return name + "VALUE"
	}
	return name + "=VALUE"
}

// keepsTimes reports whether arguments make rsync preserve modification times,
// without which it takes every file for changed.
func keepsTimes(args []string) bool {
	keeps := false
	for _, word := range args {
		options, _ := splitOptions(word)
		for _, o := range options {
			switch o.name {
			case "-a", "--archive", "-t", "--times":
				keeps = true
			case "--no-times", "--no-t", "--no-a", "--no-archive":
				keeps = false
			}
		}
	}
	return keeps
}
