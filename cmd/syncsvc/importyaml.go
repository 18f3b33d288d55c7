package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/syncsvc/syncsvc/config/sersync"
)

// draft is a module file to be written.
type draft struct {
	name     string
	from     string // the file it is made of
	fields   []sersync.Field
	changed  []string // what is different now, for the top of the file
	disabled bool
}

// keyComments say what a key is about, for who reads the file.
var keyComments = map[string]string{
	"watch":         "The folder to mirror.",
	"targets":       "Where to; a target can have settings of its own.",
	"password_file": "The password for rsync daemons: one line, mode 600.",
	"threads":       "How many rsync processes may run at a time, all targets together.",
	"full_sync":     "At the start: if-needed, on-start or never.",
	"delete":        "Whether files that are gone here are deleted on the targets.",
	"max_delete":    "How many deletions at a time need no approval.",
	"events":        "Which happenings are followed.",
	"settle":        "When a file that is written to but not closed is sent.",
	"filter":        "What is mirrored (+) and what not (-), in rsync's own rules.",
	"exclude":       "What is not mirrored, in rsync's own patterns.",
	"exclude_from":  "A file with one such pattern a line.",
	"exclude_regex": "The same as regular expressions that match the whole path.",
	"temp_files":    "What editors and downloads leave behind: mirror or exclude.",
	"rsync":         "How rsync is called.",
	"fail_log":      "The list of what could not be sent, and how often to try it again.",
	"full_compare":  "When to compare everything, and what to leave as it is then.",
	"log_level":     "debug, info, warn or error.",
	"hooks":         "Whom to tell what has arrived.",
}

// text writes the module file.
func (d draft) text() ([]byte, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "# Module %s, written by \"syncsvc import\" from\n#   %s\n", d.name, oneLine(d.from))
	fmt.Fprintf(&b, "# It may be edited: the service notices. \"syncsvc config example\" explains every\n# key there is, \"syncsvc check %s\" says whether it can work.\n", d.name)
	if len(d.changed) > 0 {
		b.WriteString("#\n# What is different now:\n")
	}
	for _, line := range d.changed {
		fmt.Fprintf(&b, "#   %s\n", oneLine(line))
	}
	var q quoter
	for _, f := range d.fields {
		b.WriteByte('\n')
		if comment := keyComments[f.Name]; comment != "" {
			fmt.Fprintf(&b, "# %s\n", comment)
		}
		writeField(&b, &q, f, "")
	}
	if d.disabled {
		b.WriteString("\n# It does not run until this line is taken out.\nenabled: false\n")
	}
	return []byte(b.String()), q.err
}

// oneLine keeps a text within a comment.
func oneLine(s string) string { return strings.NewReplacer("\n", " ", "\r", " ").Replace(s) }

// writeField writes a key with its value, everything indented alike.
func writeField(b *strings.Builder, q *quoter, f sersync.Field, indent string) {
	switch f.Value.Kind {
	case sersync.List:
		fmt.Fprintf(b, "%s%s:\n", indent, f.Name)
		for _, item := range f.Value.Items {
			writeItem(b, q, f.Name, item, indent+"  ")
		}
	case sersync.Object:
		fmt.Fprintf(b, "%s%s:\n", indent, f.Name)
		for _, inner := range f.Value.Fields {
			writeField(b, q, inner, indent+"  ")
		}
	default:
		fmt.Fprintf(b, "%s%s: %s\n", indent, f.Name, scalar(q, f.Name, f.Value))
	}
}

// writeItem writes one item of a list. An object begins on the line of its
// dash.
func writeItem(b *strings.Builder, q *quoter, key string, item sersync.Value, indent string) {
	if item.Kind != sersync.Object {
		fmt.Fprintf(b, "%s- %s\n", indent, scalar(q, key, item))
		return
	}
	var inner strings.Builder
	for _, f := range item.Fields {
		writeField(&inner, q, f, indent+"  ")
	}
	fmt.Fprintf(b, "%s- %s", indent, strings.TrimPrefix(inner.String(), indent+"  "))
}

func scalar(q *quoter, key string, v sersync.Value) string {
	if v.Kind != sersync.Text {
		return v.Text
	}
	if v.Text == "" {
		return `""`
	}
	if plainWord.MatchString(v.Text) && !slices.Contains([]string{"true", "false", "yes", "no", "on", "off", "null", "y", "n"}, v.Text) {
		return v.Text
	}
	return q.quote(key, v.Text)
}

// plainWord needs no quotes, unless it is one of the few that mean something.
var plainWord = regexp.MustCompile(`^([a-z][a-z_-]*|[1-9][0-9]*[ms])$`)
