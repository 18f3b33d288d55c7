package config

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/go-multierror"
)

// Problem is one thing that is wrong in a configuration, and where.
type Problem struct {
	File    string // as it was opened; "" when the value came from elsewhere
	Line    int    // from 1; 0 means the file as a whole
	Column  int    // from 1, in characters; 0 means the line as a whole
	Key     string // "targets[1].url", or "" when it is not about one key
	Message string // lower case, without the place
	Hint    string // how to put it right, or ""
	Excerpt string // the line and a caret below the place, or ""

	// CanWait says that it may come right by itself, as a folder that is not
	// mounted yet: a running module waits for it.
	CanWait bool

	cause error
}

// Error returns the problem in one line, for logs: place, key, message.
func (p Problem) Error() string {
	if p.Key == "" {
		return p.place() + p.Message
	}
	return p.place() + p.Key + ": " + p.Message
}

// Unwrap returns the error that the problem reports, or nil.
func (p Problem) Unwrap() error { return p.cause }

// Text returns the problem as people should see it: the line of Error, below
// it the excerpt and the hint where there are such. It has no newline at its
// end.
func (p Problem) Text() string {
	text := p.Error()
	if p.Excerpt != "" {
		text += "\n" + p.Excerpt
	}
	if p.Hint != "" {
		text += "\nhint: " + p.Hint
	}
	return text
}

func (p Problem) place() string {
	file := plainName(p.File)
	switch {
	case file == "":
		return ""
	case p.Line == 0:
		return file + ": "
	case p.Column == 0:
		return fmt.Sprintf("%s:%d: ", file, p.Line)
	}
	return fmt.Sprintf("%s:%d:%d: ", file, p.Line, p.Column)
}

// plainName is a file's name with what would upset a terminal or a log escaped:
// anybody who may write in the folder has chosen it.
func plainName(file string) string {
	quoted := strconv.Quote(file)
	if strings.Contains(quoted, `\`) {
		return quoted[1 : len(quoted)-1]
	}
	return file
}

// Problems returns all problems that err consists of, in order of file and
// line. An error that is none of this package's becomes one problem with only
// a message.
func Problems(err error) []Problem {
	if err == nil {
		return nil
	}
	if all, ok := errors.AsType[*multierror.Error](err); ok {
		var list []Problem
		for _, e := range all.Errors {
			list = append(list, Problems(e)...)
		}
		return list
	}
	if p, ok := errors.AsType[Problem](err); ok {
		return []Problem{p}
	}
	return []Problem{{Message: err.Error(), cause: err}}
}

// Join returns one error that holds all problems, in order of file and line
// and each only once, and prints them all at once; nil when there are none.
func Join(list []Problem) error {
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	list = slices.CompactFunc(list, func(a, b Problem) bool { return a.Error() == b.Error() })
	all := &multierror.Error{ErrorFormat: formatProblems}
	for _, p := range list {
		all = multierror.Append(all, p)
	}
	return all.ErrorOrNil()
}

// formatProblems is how several problems read as one error: a heading, then
// each with its excerpt and hint.
func formatProblems(errs []error) string {
	texts := []string{heading(errs)}
	for _, e := range errs {
		if p, ok := errors.AsType[Problem](e); ok {
			texts = append(texts, p.Text())
			continue
		}
		texts = append(texts, e.Error())
	}
	return strings.Join(texts, "\n")
}

// heading counts the problems, and says where when they are all in one place.
func heading(errs []error) string {
	var files []string
	for _, e := range errs {
		if p, ok := errors.AsType[Problem](e); ok && p.File != "" && !slices.Contains(files, p.File) {
			files = append(files, p.File)
		}
	}
	count := plural(len(errs), "problem")
	switch len(files) {
	case 0:
		return count
	case 1:
		return count + " in " + plainName(files[0])
	}
	return count + " in " + plural(len(files), "file")
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
