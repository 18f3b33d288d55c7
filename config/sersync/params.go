package sersync

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// params collects what commonParams and the elements beside it say about rsync.
type params struct {
	args, rules Value
	extra       []Field // further keys of rsync:
	top         []Field // keys of the module
}

// params takes the options apart. Those that a module file has a key for become
// that key; those that only change what rsync prints are left out; the rest
// stays as it is.
func (c *converter) params() []Field {
	w := c.s.params
	at := w.at
	if c.options.Plugin != "" {
		c.became(at, shown("commonParams", "params", w), "nothing: only the plugin runs")
		return nil
	}
	p := &params{args: Value{Kind: List, At: at}, rules: Value{Kind: List, At: at}}
	words, before, refused := split(w.text)
	if refused == openQuote {
		c.fail(at, "close it", "params: a quotation mark is not closed")
		return nil
	}
	if refused != "" {
		c.fail(Pos{at.Line, at.Column + 1 + before}, "put it in quotes if it is meant as it stands", "params: %s needs a shell, and there is none any more", refused)
		return nil
	}
	for len(words) > 0 {
		words = c.option(p, words)
	}
	c.noteParams(p)
	c.connection(p)
	fields := p.top
	if len(p.rules.Items) > 0 {
		fields = append(fields, Field{"filter", p.rules})
	}
	keys := append([]Field{{"args", p.args}}, p.extra...)
	return append(fields, object("rsync", at, keys...))
}

// noteParams says what the parameters have become.
func (c *converter) noteParams(p *params) {
	w := c.s.params
	var args []string
	update := false
	for _, a := range p.args.Items {
		args = append(args, a.Text)
		short := strings.HasPrefix(a.Text, "-") && !strings.HasPrefix(a.Text, "--")
		update = update || a.Text == "--update" || short && strings.Contains(a.Text, "u")
	}
	became := fmt.Sprintf("rsync.args: [%s]", strings.Join(args, ", "))
	if update {
		c.changed(w.at, shown("commonParams", "params", w), became,
			"-u stays: a file that is older than the target's, as after mv or a restore, is not sent; take u out to mirror exactly")
		return
	}
	c.became(w.at, shown("commonParams", "params", w), became)
}

// connection adds what the elements beside commonParams say.
func (c *converter) connection(p *params) {
	s := c.s
	became := "the user in targets, password_file"
	if s.ssh.is() {
		became = "the user in targets"
	}
	c.switched(s.auth, "auth", fmt.Sprintf("auth users=%q passwordfile=%q", s.users.text, s.password.text), became)
	if !s.ssh.is() || !s.userPort.is() { // with ssh it is left out
		c.switched(s.userPort, "userDefinedPort", shown("userDefinedPort", "port", s.portNumber), "the port in targets")
	}
	if !s.timeout.is() {
		c.changed(s.timeout.at, shown("timeout", "start", s.timeout), "rsync.timeout: 100s", "sersync waited for ever for a target that hung; now 100 seconds without any movement end a transfer, which is tried again")
	} else {
		c.became(s.timeout.at, shown("timeout", "time", s.timeoutSeconds), "rsync.timeout: "+s.timeoutSeconds.text+"s")
	}
	c.switched(s.ssh, "ssh", shown("ssh", "start", s.ssh), "ssh:// in targets")
	if s.ssh.is() && s.auth.is() && s.password.text != "" {
		c.risk(s.password.at, shown("auth", "passwordfile", s.password), "", "is left out: rsync refuses a password file with ssh, so this never worked; ssh uses keys")
	}
	if s.ssh.is() && s.userPort.is() {
		c.risk(s.portNumber.at, shown("userDefinedPort", "port", s.portNumber), "", "is left out: with ssh it had no effect in sersync; write ssh's port into ~/.ssh/config, or as ssh://host:PORT/path in a module file")
	}
	if s.timeout.is() && !slices.ContainsFunc(p.extra, named("timeout")) {
		if s.timeoutSeconds.text == "0" {
			c.risk(s.timeoutSeconds.at, "timeout time=\"0\"", "rsync.timeout", "waited for ever; now 100 seconds without any movement end a transfer, which is tried again")
			return
		}
		if _, err := strconv.ParseUint(s.timeoutSeconds.text, 10, 31); err != nil {
			c.fail(s.timeoutSeconds.at, `write it in seconds: time="100"`, "time=%q is no number of seconds", s.timeoutSeconds.text)
			return
		}
		p.extra = append(p.extra, text("timeout", s.timeoutSeconds.at, s.timeoutSeconds.text+"s"))
	}
}

func named(key string) func(Field) bool { return func(f Field) bool { return f.Name == key } }

// switched notes an element with a switch.
func (c *converter) switched(w word, element, setting, became string) {
	if !w.is() {
		setting, became = shown(element, "start", w), "nothing: it is off"
	}
	c.became(w.at, setting, became)
}

// option takes one option with its value from the words and returns the rest.
func (c *converter) option(p *params, words []string) []string {
	first, rest := words[0], words[1:]
	name, value, joined := strings.Cut(first, "=")
	switch {
	case !strings.HasPrefix(first, "-") || first == "-":
		c.fail(c.s.params.at, "", "params: %q is no option; rsync would take it for a file", first)
		return rest
	case !strings.HasPrefix(first, "--"):
		return c.letters(p, first, rest)
	case !joined && takesValue(name) && len(rest) > 0:
		value, rest = rest[0], rest[1:]
		first = name + "=" + value
	}
	c.long(p, first, name, value)
	return rest
}

// long sorts one long option.
func (c *converter) long(p *params, whole, name, value string) {
	at := c.s.params.at
	key := func(name string) { p.extra = append(p.extra, text(name, at, value)) }
	switch name {
	case "--exclude":
		p.rules.Items = append(p.rules.Items, Value{Kind: Text, At: at, Text: "- " + value})
	case "--include":
		p.rules.Items = append(p.rules.Items, Value{Kind: Text, At: at, Text: "+ " + value})
	case "--filter":
		p.rules.Items = append(p.rules.Items, Value{Kind: Text, At: at, Text: value})
	case "--exclude-from":
		p.top = append(p.top, text("exclude_from", at, value))
	case "--timeout":
		p.extra = append(p.extra, text("timeout", at, value+"s"))
	case "--contimeout":
		p.extra = append(p.extra, text("connect_timeout", at, value+"s"))
	case "--bwlimit":
		key("bwlimit")
	case "--partial-dir":
		key("partial_dir")
	case "--max-delete":
		p.top = append(p.top, number("max_delete", at, value))
	case "--rsh":
		c.remoteShell(value)
	case "--port", "--password-file":
		c.fail(at, "use <userDefinedPort> and <auth>", "params: %s does not belong here", name)
	case "--delete", "--del", "--delete-during", "--delete-after", "--delete-before", "--delete-delay", "--relative", "--recursive",
		"--partial", "--force":
		c.became(at, "params "+whole, "nothing: syncsvc does it by itself (delete:, partial_dir:)")
	case "--verbose", "--quiet", "--progress", "--stats", "--human-readable", "--itemize-changes", "--log-file", "--log-file-format", "--out-format":
		c.became(at, "params "+whole, "nothing: it only changes what rsync prints; see syncsvc logs")
	default:
		p.args.Items = append(p.args.Items, Value{Kind: Text, At: at, Text: whole})
	}
}

// letters sorts a word of short options.
func (c *converter) letters(p *params, first string, rest []string) []string {
	at := c.s.params.at
	kept := "-"
	for i := 1; i < len(first); i++ {
		letter := first[i]
		if strings.IndexByte("efBTM@", letter) < 0 {
			if strings.IndexByte("vqihPR", letter) < 0 {
				kept += string(letter)
			}
			continue
		}
		value := strings.TrimPrefix(first[i+1:], "=")
		if value == "" && len(rest) > 0 {
			value, rest = rest[0], rest[1:]
		}
		switch letter {
		case 'e':
			c.remoteShell(value)
		case 'f':
			p.rules.Items = append(p.rules.Items, Value{Kind: Text, At: at, Text: value})
		default:
			p.args.Items = append(p.args.Items, Value{Kind: Text, At: at, Text: "-" + string(letter) + value})
		}
		break
	}
	if kept != "-" {
		p.args.Items = append(p.args.Items, Value{Kind: Text, At: at, Text: kept})
	}
	return rest
}

// remoteShell says what becomes of -e. sersync's own came later and won.
func (c *converter) remoteShell(value string) {
	at := c.s.params.at
	if c.s.ssh.is() {
		c.risk(at, "params -e "+value, "", "is left out: sersync's own \"-e ssh\" came later and won; write port and key into ~/.ssh/config, or as ssh: in a module file")
		return
	}
	c.fail(at, `use <ssh start="true"/>, or write a module file with a target ssh://host/path`, "params: -e %s with a daemon's module is not supported", value)
}

// takesValue reports whether a long option has its value in the next word.
func takesValue(name string) bool {
	return slices.Contains([]string{
		"--exclude", "--include", "--filter", "--exclude-from", "--include-from", "--timeout", "--contimeout", "--bwlimit", "--partial-dir",
		"--max-delete", "--rsh", "--port", "--password-file", "--chmod", "--chown", "--usermap", "--groupmap", "--max-size", "--min-size",
		"--modify-window", "--temp-dir", "--backup-dir", "--suffix", "--rsync-path", "--skip-compress", "--compress-level", "--compress-choice",
		"--checksum-choice", "--block-size", "--log-file", "--log-file-format", "--out-format", "--sockopts", "--address", "--link-dest",
		"--compare-dest", "--copy-dest", "--iconv", "--remote-option",
	}, name)
}
