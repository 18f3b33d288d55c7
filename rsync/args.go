package rsync

import (
	"path"
	"slices"
	"strings"
)

// unfit says why a user's argument cannot be used. The reasons are for people.
const (
	unfitOutput  = "it changes the output that results are read from"
	unfitNothing = "nothing would be sent"
	unfitDelete  = "what is deleted is not for the rsync arguments to say"
	unfitList    = "it changes which paths a job covers"
	unfitShell   = "how to connect is said by the target"
	unfitNUL     = "files of rules would be read as NUL-separated, like the list of paths"
	unfitSource  = "it would delete on the source"
)

// unfitLong are the long options that are left out.
var unfitLong = map[string]string{
	"quiet": unfitOutput, "verbose": unfitOutput, "itemize-changes": unfitOutput, "out-format": unfitOutput,
	"log-format": unfitOutput, "progress": unfitOutput, "stats": unfitOutput, "human-readable": unfitOutput,
	"info": unfitOutput, "debug": unfitOutput, "msgs2stderr": unfitOutput, "no-msgs2stderr": unfitOutput, "stderr": unfitOutput,
	"dry-run": unfitNothing, "list-only": unfitNothing, "version": unfitNothing, "help": unfitNothing,
	"read-batch": unfitNothing, "write-batch": unfitNothing, "only-write-batch": unfitNothing,
	"daemon": unfitNothing, "server": unfitNothing, "sender": unfitNothing,
	"ignore-errors": unfitDelete, "max-delete": unfitDelete, "del": unfitDelete, "force": unfitDelete,
	"ignore-missing-args": unfitDelete, "remove-source-files": unfitSource, "remove-sent-files": unfitSource,
	"files-from": unfitList, "from0": unfitList, "relative": unfitList, "no-relative": unfitList, "no-R": unfitList,
	"no-implied-dirs": unfitList, "implied-dirs": unfitList, "no-dirs": unfitList, "no-d": unfitList,
	"rsh": unfitShell, "old-args": unfitShell,
	"exclude-from": unfitNUL, "include-from": unfitNUL, "cvs-exclude": unfitNUL,
}

// unfitShort are the letters that are left out of a cluster such as -avP.
var unfitShort = map[rune]string{
	'q': unfitOutput, 'v': unfitOutput, 'i': unfitOutput, 'h': unfitOutput, 'n': unfitNothing, 'V': unfitNothing,
	'0': unfitList, 'R': unfitList, 'e': unfitShell, 'C': unfitNUL, 'F': unfitNUL,
}

// valued are the options whose value may stand in the next word.
var valued = strings.Fields(`out-format log-format info debug stderr read-batch write-batch only-write-batch max-delete
	files-from rsh exclude-from include-from backup-dir suffix chmod checksum-choice cc block-size rsync-path max-size min-size
	max-alloc partial-dir usermap groupmap chown timeout contimeout modify-window temp-dir compare-dest copy-dest link-dest
	compress-choice zc compress-level zl compress-threads zt skip-compress filter exclude include copy-as address port sockopts
	outbuf remote-option log-file log-file-format password-file early-input bwlimit stop-after time-limit stop-at protocol iconv
	checksum-seed config dparam confine-root`)

// valuedShort are the letters that take the rest of the word, or the next one.
const valuedShort = "efBMT@"

// word is one argument of the user with the value that belongs to it.
type word struct {
	text  []string // as it goes to rsync; empty when nothing of it is fit
	name  string   // the long option's name, else ""
	unfit string   // what was left out and why
	runs  bool     // it is what another program needs to run rsync
}

// Unfit lists the arguments of t that are left out of every command because
// the results could not be trusted with them, each with the reason.
func Unfit(t Target) []string {
	var lines []string
	for _, w := range words(t) {
		if w.unfit != "" {
			lines = append(lines, w.unfit)
		}
	}
	return lines
}

// words cuts the user's arguments into options with their values. What comes
// before the word "rsync" belongs to the program that runs it.
func words(t Target) []word {
	args := t.Args
	if args == nil {
		args = []string{"-a"}
	}
	var out []word
	if !strings.Contains(path.Base(t.program()), "rsync") {
		if i := slices.IndexFunc(args, func(a string) bool { return path.Base(a) == "rsync" }); i >= 0 {
			out = append(out, word{text: args[:i+1], runs: true})
			args = args[i+1:]
		}
	}
	for len(args) > 0 {
		w, n := nextWord(args)
		out = append(out, w)
		args = args[n:]
	}
	return out
}

// nextWord reads one option and says how many arguments it took.
func nextWord(args []string) (word, int) {
	switch first := args[0]; {
	case strings.HasPrefix(first, "--"):
		return longWord(args)
	case strings.HasPrefix(first, "-") && first != "-":
		return shortWord(args)
	}
	return word{text: args[:1]}, 1
}

func longWord(args []string) (word, int) {
	name, value, hasValue := strings.Cut(args[0][2:], "=")
	n := 1
	if !hasValue && slices.Contains(valued, name) && len(args) > 1 {
		value, n = args[1], 2
	}
	w := word{text: args[:n], name: name}
	if why := whyUnfit(name, value); why != "" {
		w.text, w.unfit = nil, args[0]+": "+why
	}
	return w, n
}

func whyUnfit(name, value string) string {
	if strings.HasPrefix(name, "delete") {
		return unfitDelete
	}
	if name == "filter" && readsRules(value) {
		return unfitNUL
	}
	return unfitLong[name]
}

// readsRules reports whether a filter rule makes rsync read a file of rules.
func readsRules(rule string) bool {
	return strings.HasPrefix(rule, "merge") || strings.HasPrefix(rule, "dir-merge") ||
		strings.HasPrefix(rule, ".") || strings.HasPrefix(rule, ":")
}

// shortWord keeps the fit letters of a cluster; -P becomes --partial.
func shortWord(args []string) (word, int) {
	kept, left, n := "-", "", 1
	var w word
	for i, letter := range args[0][1:] {
		rest := args[0][1+i+len(string(letter)):]
		if strings.ContainsRune(valuedShort, letter) {
			if rest == "" && len(args) > 1 {
				rest, n = args[1], 2
			}
			if letter == 'e' || letter == 'f' && readsRules(rest) {
				left += string(letter)
			} else {
				w.text = append(w.text, "-"+string(letter)+rest)
			}
			break
		}
		switch {
		case letter == 'P':
			w.text = append(w.text, "--partial")
		case unfitShort[letter] != "":
			left += string(letter)
		default:
			kept += string(letter)
		}
	}
	if kept != "-" {
		w.text = append([]string{kept}, w.text...)
	}
	if left != "" {
		w.unfit = "-" + left + ": " + whyShort(left)
	}
	return w, n
}

func whyShort(letters string) string {
	for _, letter := range letters {
		if why := unfitShort[letter]; why != "" {
			return why
		}
	}
	return unfitNUL // -f with a file of rules
}

// has reports whether one of the long options is among the words.
func has(ws []word, names ...string) bool {
	return slices.ContainsFunc(ws, func(w word) bool { return w.text != nil && slices.Contains(names, w.name) })
}

// call is how rsync is called, without any of its arguments.
func (t Target) call() []string {
	call := []string{t.program()}
	if first := words(t); len(first) > 0 && first[0].runs {
		call = append(call, first[0].text...)
	}
	return call
}
