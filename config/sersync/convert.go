package sersync

import (
	"fmt"
	"net/netip"
	"path"
	"strconv"
	"strings"
)

// converter makes modules of settings, and notes what became of each.
type converter struct {
	options  Options
	s        *settings
	file     *File
	problems []Problem
}

func (c *converter) fail(at Pos, hint, format string, args ...any) {
	c.problems = append(c.problems, Problem{At: at, Message: fmt.Sprintf(format, args...), Hint: hint})
}

// became notes what a setting is called now.
func (c *converter) became(at Pos, setting, became string) {
	c.file.Remarks = append(c.file.Remarks, Remark{At: at, Setting: setting, Became: became})
}

// changed notes that a setting does not mean what it meant.
func (c *converter) changed(at Pos, setting, became, how string) {
	c.file.Remarks = append(c.file.Remarks, Remark{At: at, Setting: setting, Became: became, Changed: how})
}

// risk notes the same, to be said whenever the file is read.
func (c *converter) risk(at Pos, setting, became, how string) {
	c.file.Remarks = append(c.file.Remarks, Remark{At: at, Setting: setting, Became: became, Changed: how, Risk: true})
}

// convert makes a module of each localpath. What holds for all of them is
// noted once.
func (c *converter) convert() {
	c.general()
	c.unused()
	plugin := c.plugin()
	shared := c.shared()
	if n, err := strconv.Atoi(c.s.portNumber.text); c.s.userPort.is() && (err != nil || n < 1 || n > 65535) {
		c.fail(c.s.portNumber.at, "it is 873 unless the daemon's configuration says otherwise", "port=%q is no port", c.s.portNumber.text)
		c.s.userPort.text = "false" // said once, and not of each remote
	}
	for i, l := range c.locals(plugin) {
		m := c.module(i, l, shared)
		if plugin != nil {
			m.Fields = append(m.Fields, Field{"hooks", Value{Kind: List, At: plugin.hook.At, Items: []Value{plugin.hook}}})
			m.Secret = plugin.secret
		}
		c.file.Modules = append(c.file.Modules, m)
	}
}

// general are the habits of sersync that no setting was about.
func (c *converter) general() {
	c.changed(Pos{}, "names", "temp_files: exclude", "files called .x, x~ and 4913 were never sent live; now only what editors and browsers leave "+
		"behind stays out (temp_files), and files that begin with a dot are mirrored")
	c.changed(Pos{}, "rsync's exit code 23", "", "was taken for success; now each path that failed is tried again until it succeeds")
	c.changed(Pos{}, "events while it did not run", "", "were lost without -r; now what changed meanwhile is sent at the start")
}

// unused are settings that sersync read and did nothing with, or that nothing
// needs any more.
func (c *converter) unused() {
	s := c.s
	c.file.Host, c.file.Port = s.host.text, s.port.text
	c.changed(s.host.at, fmt.Sprintf("host hostip=%q port=%q", s.host.text, s.port.text), "", "is unused: sersync only printed it")
	if s.xfs.is() {
		c.risk(s.xfs.at, shown("fileSystem", "xfs", s.xfs), "", "does nothing: folders are found on every file system, and links to folders are not followed")
	} else {
		c.became(s.xfs.at, shown("fileSystem", "xfs", s.xfs), "nothing: folders are found on every file system")
	}
}

// locals are the folders to watch. A plugin that runs alone may have one of its
// own.
func (c *converter) locals(p *plugin) []local {
	list := c.s.locals
	if c.options.Plugin != "" && p != nil && p.name != "command" {
		return []local{{watch: p.watch}}
	}
	switch {
	case len(list) == 0:
		c.fail(Pos{}, `put <localpath watch="/data/www"><remote ip="10.0.0.8" name="www"/></localpath> into <sersync>`, "says nothing about what to watch: there is no <localpath>")
	case len(list) > 1:
		c.changed(list[1].watch.at, fmt.Sprintf("%d localpath elements", len(list)), fmt.Sprintf("%d modules", len(list)),
			"sersync mirrored only the first; now each is a module")
	}
	return list
}

// shared are the keys that all modules of the file have alike.
func (c *converter) shared() []Field {
	var fields []Field
	if n := c.options.Threads; n > 0 {
		fields = append(fields, number("threads", Pos{}, strconv.Itoa(n)))
	}
	if full := c.options.FullSync; full != "" {
		fields = append(fields, text("full_sync", Pos{}, full))
	}
	fields = append(fields, c.inotify()...)
	fields = append(fields, c.params()...)
	fields = append(fields, c.filter()...)
	fields = append(fields, text("temp_files", Pos{}, "exclude"))
	fields = append(fields, c.crontab()...)
	if c.s.debug.is() {
		fields = append(fields, text("log_level", c.s.debug.at, "debug"))
		c.became(c.s.debug.at, shown("debug", "start", c.s.debug), "log_level: debug")
	} else {
		c.became(c.s.debug.at, shown("debug", "start", c.s.debug), "nothing: it is off")
	}
	return fields
}

// module is what one localpath says.
func (c *converter) module(i int, l local, shared []Field) Module {
	w := l.watch
	switch {
	case w.text == "":
		c.fail(w.at, `write the folder to mirror: watch="/data/www"`, "watch is empty")
	case path.Clean(w.text) == "/":
		c.fail(w.at, "name the folders that should be mirrored, a localpath each", `watch="/" cannot be mirrored; sersync mirrored $HOME then, and deleted everything else`)
	case !strings.HasPrefix(w.text, "/"):
		c.fail(w.at, "write the whole path, beginning with /", "watch=%q is not an absolute path", w.text)
	}
	c.became(w.at, shown("localpath", "watch", w), "watch")
	fields := []Field{text("watch", w.at, w.text)}
	if c.options.Plugin == "" {
		fields = append(fields, c.targets(l)...)
	}
	fields = append(fields, shared...)
	return Module{Fields: append(fields, c.failLog(i)...)}
}

// targets makes a URL of each remote.
func (c *converter) targets(l local) []Field {
	list := Value{Kind: List, At: l.watch.at}
	for _, r := range l.remotes {
		switch {
		case r.ip.text == "" || r.name.text == "":
			c.fail(r.ip.at, `write <remote ip="10.0.0.8" name="www"/>: the host, and the module of its rsync daemon`, "a remote needs ip and name")
			continue
		case c.s.ssh.is() && !strings.HasPrefix(r.name.text, "/"):
			c.fail(r.name.at, "write the whole path on the other host", "name=%q is a path below the home folder of the user on the other host", r.name.text)
			continue
		}
		url := c.url(r)
		c.became(r.ip.at, fmt.Sprintf("remote ip=%q name=%q", r.ip.text, r.name.text), "targets: "+url)
		list.Items = append(list.Items, Value{Kind: Text, At: r.ip.at, Text: url})
	}
	if len(l.remotes) == 0 {
		c.fail(l.watch.at, `put <remote ip="10.0.0.8" name="www"/> into it`, "localpath %s has no remote", l.watch.text)
	}
	fields := []Field{{"targets", list}}
	if c.s.auth.is() && c.s.password.text != "" && !c.s.ssh.is() {
		fields = append(fields, text("password_file", c.s.password.at, c.s.password.text))
	}
	return fields
}

// url writes where a remote is. Bytes with a meaning in URLs are escaped.
func (c *converter) url(r remote) string {
	scheme, port := "rsync", ""
	if c.s.ssh.is() {
		scheme = "ssh"
	} else if c.s.userPort.is() {
		port = ":" + c.s.portNumber.text
	}
	user := ""
	if c.s.auth.is() && c.s.users.text != "" {
		user = c.s.users.text + "@"
	}
	host := r.ip.text
	if a, err := netip.ParseAddr(host); err == nil && a.Is6() {
		host = "[" + host + "]"
	}
	return scheme + "://" + user + host + port + "/" + escape(strings.TrimLeft(r.name.text, "/"))
}

func escape(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c == '%' || c == '?' || c == '#' || c >= 0x7f {
			fmt.Fprintf(&b, "%%%02X", c)
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func text(name string, at Pos, s string) Field {
	return Field{name, Value{Kind: Text, At: at, Text: s}}
}

func number(name string, at Pos, s string) Field {
	return Field{name, Value{Kind: Number, At: at, Text: s}}
}

func boolean(name string, w word, on bool) Field {
	return Field{name, Value{Kind: Bool, At: w.at, Text: strconv.FormatBool(on)}}
}

func object(name string, at Pos, fields ...Field) Field {
	return Field{name, Value{Kind: Object, At: at, Fields: fields}}
}
