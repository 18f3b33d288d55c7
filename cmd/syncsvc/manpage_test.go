package main

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/syncsvc/syncsvc/templates"
)

// programPage is syncsvc.8, made from what --help says.
func programPage(root *cobra.Command) string {
	var r roff
	r.title("SYNCSVC", "8", "System administration")
	r.section("NAME")
	r.line(`syncsvc \- %s`, escaped(lowerFirst(root.Short)))
	r.section("SYNOPSIS")
	r.line(`\fBsyncsvc\fR [\fIsettings\fR] \fIcommand\fR [\fIarguments\fR]`)
	r.section("DESCRIPTION")
	long, codes, _ := strings.Cut(root.Long, "Exit codes:\n")
	r.text(long)
	r.section("SETTINGS")
	r.text("Every command takes these, before or after its name. They win over the environment,\nwhich wins over syncsvc.yaml.")
	r.flags(root.PersistentFlags())
	r.section("COMMANDS")
	r.commands(root)
	r.section("EXIT STATUS")
	for line := range strings.Lines(codes) {
		if code, meaning, ok := strings.Cut(strings.TrimSpace(line), " "); ok {
			r.tagged(bold(code), strings.TrimSpace(meaning))
		}
	}
	r.b.WriteString(strings.TrimPrefix(programSections, "\n"))
	return r.b.String()
}

// programSections are what --help does not say.
const programSections = `
.SH FILES
.TP
.I /etc/syncsvc/syncsvc.yaml
Settings of the service, see
.BR syncsvc.yaml (5).
It need not be there.
.TP
.I /etc/syncsvc/conf.d/*.yaml
The modules, one a file, see
.BR syncsvc\-module (5).
Files that come, change or go are noticed.
.TP
.I /etc/default/syncsvc
.TQ
.I /etc/sysconfig/syncsvc
.TQ
.I /etc/conf.d/syncsvc
Variables for the service under an init system;
.B SYNCSVC_OPTS
is added to its command line.
.TP
.I /run/syncsvc/syncsvc.sock
.TQ
.I /run/syncsvc/NAME.sock
Where the service, and each module, answers: HTTP with JSON.
.TP
.I /var/lib/syncsvc/NAME/
What a module has to remember: up to which moment each target has everything.
Without it everything is compared anew.
.TP
.I /var/log/syncsvc/NAME.fail.log
The paths of a module that could not be sent, with the reason.
.TP
.I /var/log/syncsvc/syncsvc.out
The output of the service where no journal keeps it.
.SH ENVIRONMENT
.TP
.BR SYNCSVC_CONF_DIR ", " SYNCSVC_LOG_LEVEL ", ..."
Each setting of
.BR syncsvc.yaml (5)
that is no list, in capitals after
.BR SYNCSVC_ .
.TP
.B NO_COLOR
If it is set, nothing is coloured, on a terminal neither.
.SH SIGNALS
.B syncsvc run
understands these.
.TP
.BR SIGTERM ", " SIGINT
Stop in good order: transfers under way may go on until the drain timeout. A
second one ends the program at once.
.TP
.B SIGHUP
Read the configuration again, as
.B syncsvc reload
does, which also tells the outcome.
.PP
A module that is hung is sent
.BR SIGABRT ,
so that it tells what it was doing, and then
.BR SIGKILL .
.SH SEE ALSO
.BR syncsvc.yaml (5),
.BR syncsvc\-module (5),
.BR rsync (1),
.BR rsyncd.conf (5),
.BR inotify (7),
.BR fanotify (7)
`

// commands writes every command, those beneath another one after it.
func (r *roff) commands(parent *cobra.Command) {
	for _, c := range parent.Commands() {
		if !c.IsAvailableCommand() {
			continue
		}
		if c.Runnable() && !c.HasSubCommands() {
			r.command(c)
		}
		r.commands(c)
	}
}

func (r *roff) command(c *cobra.Command) {
	r.subsection(strings.TrimSuffix(c.UseLine(), " [flags]"))
	if c.Long == "" {
		r.text(c.Short + ".")
	} else {
		r.text(c.Long)
	}
	r.flags(c.LocalNonPersistentFlags())
	r.flags(groupFlags(c))
	if c.Example != "" {
		r.text("Examples:")
		r.text(c.Example)
	}
}

// groupFlags are the flags that a command has from its group, and not from
// the program.
func groupFlags(c *cobra.Command) *pflag.FlagSet {
	if p := c.Parent(); p != nil && p.HasParent() {
		return p.PersistentFlags()
	}
	return pflag.NewFlagSet("", pflag.ContinueOnError)
}

func (r *roff) flags(flags *pflag.FlagSet) {
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden || f.Name == "help" {
			return
		}
		name, usage := pflag.UnquoteUsage(f)
		term := bold("--" + f.Name)
		if f.Shorthand != "" {
			term = bold("-"+f.Shorthand) + ", " + term
		}
		if name != "" {
			term += ` \fI` + escaped(name) + `\fR`
		}
		r.tagged(term, usage)
	})
}

// filePage is the manual page of a configuration file, made from the example
// that "syncsvc config example" prints.
func filePage(t *testing.T, example, name, title, short, other string) string {
	t.Helper()
	text, err := templates.Render(example, nil)
	if err != nil {
		t.Fatal(err)
	}
	var r roff
	r.title(title, "5", "File formats")
	r.section("NAME")
	r.line(`%s \- %s`, escaped(name), escaped(short))
	r.section("DESCRIPTION")
	r.text("This is the text of the example that \"syncsvc config example\" prints, key by key.")
	blocks := strings.Split(strings.Trim(string(text), "\n"), "\n\n")
	keys := false
	for _, b := range blocks {
		explained, shown := takeApart(b)
		if len(shown) > 0 && !keys {
			r.section("KEYS")
			keys = true
		}
		if len(shown) > 0 {
			r.subsection(strings.Join(keysOf(shown), ", "))
		}
		r.text(strings.Join(explained, "\n"))
		if len(shown) > 0 {
			r.literal(shown)
		}
	}
	r.section("SEE ALSO")
	r.line(".BR syncsvc (8),")
	r.line(".BR %s (5)", strings.ReplaceAll(other, "-", `\-`))
	return r.b.String()
}

// takeApart separates the explanation in a block of an example from what it
// explains: lines without "#", and lines where no space follows the "#".
func takeApart(block string) (explained, shown []string) {
	for line := range strings.Lines(block) {
		line = strings.TrimSuffix(line, "\n")
		comment, isComment := strings.CutPrefix(line, "#")
		switch {
		case !isComment:
			shown = append(shown, line)
		case len(shown) == 0 && (comment == "" || strings.HasPrefix(comment, " ")):
			explained = append(explained, strings.TrimPrefix(comment, " "))
		default:
			shown = append(shown, comment)
		}
	}
	return explained, shown
}

// keysOf returns the keys at the left margin.
func keysOf(shown []string) []string {
	var keys []string
	for _, line := range shown {
		key, _, ok := strings.Cut(line, ":")
		if ok && key != "" && !strings.ContainsAny(key[:1], " -#\"") {
			keys = append(keys, key)
		}
	}
	return keys
}

func lowerFirst(text string) string { return strings.ToLower(text[:1]) + text[1:] }
