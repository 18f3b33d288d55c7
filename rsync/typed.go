package rsync

import (
	"regexp"
	"slices"
	"strings"
)

// Typed is what a command for a person's terminal is to do.
type Typed struct {
	Dir  string // the watched folder, absolute
	Path string // below it; "" = everything
	// Gone says that Path is not there any more, and so has to go on the target.
	// Should it be back when the command is run, it is sent.
	Gone bool
	// Delete has what is not in the source deleted on the target, when everything
	// is sent.
	Delete  bool
	Filters []string // ready arguments (--filter=...)
}

// CommandLine returns a command that a person can copy into a shell: what t
// is sent by, but with the path as an argument and rsync's own output. Nothing
// in it is taken for anything else by the shell, whatever the path is.
func CommandLine(t Target, o Typed) string {
	given := words(t)
	argv := []string{t.program()}
	for _, w := range given {
		argv = append(argv, w.text...)
	}
	argv = append(argv, "-R")
	source := "./"
	switch {
	case o.Path != "" && o.Gone:
		argv = append(argv, "--force", "--delete-missing-args")
		source += o.Path
	case o.Path != "":
		source += o.Path
	case o.Delete:
		argv = append(argv, "-r", "--delete")
	default:
		argv = append(argv, "-r")
	}
	t.PartialDir = "" // what makes transfers quicker or safer to cut off is not for people
	argv = append(argv, transferArgs(t, Job{}, given)...)
	argv = append(argv, slices.DeleteFunc(connectArgs(t, given), func(a string) bool { return a == noDelay })...)
	argv = append(argv, o.Filters...)
	argv = append(argv, source, t.destination(""))
	quoted := make([]string, len(argv))
	for i, word := range argv {
		quoted[i] = shellWord(word)
	}
	return "cd " + shellWord(o.Dir) + " && " + strings.Join(quoted, " ")
}

// harmless are words that mean themselves to any shell.
var harmless = regexp.MustCompile(`^[A-Za-z0-9_./:@%+,-][A-Za-z0-9_./:@%+,=-]*$`)

func shellWord(s string) string {
	if harmless.MatchString(s) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
