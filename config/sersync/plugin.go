package sersync

import (
	"fmt"
	"net"
	"slices"
	"strings"
)

var pluginNames = []string{"command", "socket", "http", "refreshCDN"}

// plugin is one that is told of each change: its element, and what it becomes.
type plugin struct {
	name   string
	watch  word // of its own localpath; command has none
	hook   Value
	secret string
}

// plugin returns the plugin that is switched on, or that was asked for; nil
// when there is none.
func (c *converter) plugin() *plugin {
	s := c.s
	name, at := s.pluginName.text, s.pluginName.at
	switch {
	case c.options.Plugin != "":
		name = c.options.Plugin
	case !s.plugin.is():
		c.became(s.plugin.at, shown("plugin", "start", s.plugin), "nothing: it is off")
		return nil
	}
	if !slices.Contains(pluginNames, name) {
		c.fail(at, "there are "+strings.Join(pluginNames, ", "), "there is no plugin %q", name)
		return nil
	}
	for _, e := range s.plugins {
		if (cursor{e, s}).attr("name", "").text == name {
			p := &plugin{name: name, hook: Value{Kind: Object, At: e.at}}
			c.hook(p, cursor{e, s})
			return p
		}
	}
	c.fail(at, `add <plugin name="`+name+`"> at the end of <head>; sersync's own confxml.xml has one`, "plugin %q is switched on, but nothing says what it does", name)
	return nil
}

// hook makes the hook that a plugin becomes.
func (c *converter) hook(p *plugin, e cursor) {
	const habits = "was run for each event whether rsync had succeeded or not; now once all targets have the path, and again until it succeeds"
	add := func(f ...Field) { p.hook.Fields = append(p.hook.Fields, f...) }
	if p.name == "command" {
		add(c.command(e)...)
		c.changed(e.at, `plugin name="command"`, "hooks: command", habits+"; the path is one argument whatever is in it, and there is no shell")
	} else {
		local := e.to("localpath")
		p.watch = local.attr("watch", "")
		c.ownFolder(p.watch)
		c.changed(e.at, fmt.Sprintf("plugin name=%q", p.name), "hooks: "+map[string]string{"socket": "socket", "http": "http", "refreshCDN": "cdn"}[p.name], habits)
		switch p.name {
		case "socket":
			add(c.socket(local))
		case "http":
			add(c.http(local))
		case "refreshCDN":
			add(c.cdn(local, p))
		}
	}
	if c.options.Plugin == "" {
		add(text("after", e.at, "all"))
	}
}

// ownFolder says what becomes of the folder that a plugin has for itself.
func (c *converter) ownFolder(watch word) {
	if c.options.Plugin != "" || len(c.s.locals) == 0 || strings.TrimRight(watch.text, "/") == strings.TrimRight(c.s.locals[0].watch.text, "/") {
		return
	}
	c.risk(watch.at, "plugin "+shown("localpath", "watch", watch), "", "is ignored: sersync watched this folder instead of the one it mirrored; now the plugin is told what is mirrored")
}

// command reads the words around the path. They were a shell's; now they are
// arguments.
func (c *converter) command(e cursor) []Field {
	param := e.to("param")
	prefix := param.attr("prefix", "")
	before, ok := c.arguments(prefix)
	after, fine := c.arguments(param.attr("suffix", ""))
	if !ok || !fine {
		return nil
	}
	if len(before) == 0 || len(before) == 1 && isInterpreter(before[0]) {
		c.fail(prefix.at, `name the program that is to be run with the path: prefix="/usr/local/bin/notify"`,
			"prefix=%q runs the changed file itself: whoever can write a file has root run it", prefix.text)
	}
	argv := Value{Kind: List, At: prefix.at}
	for _, w := range slices.Concat(before, []string{"{file}"}, after) {
		argv.Items = append(argv.Items, Value{Kind: Text, At: prefix.at, Text: w})
	}
	fields := []Field{{"command", argv}}
	filter := e.to("filter")
	if !filter.attr("start", "false").is() {
		return fields
	}
	include := Value{Kind: List, At: filter.at}
	for _, w := range filter.all("include", "expression") {
		include.Items = append(include.Items, Value{Kind: Text, At: w.at, Text: w.text})
	}
	return append(fields, Field{"include_regex", include})
}

// isInterpreter reports whether a program runs the file that it is given.
func isInterpreter(program string) bool {
	base := strings.TrimRight(program[strings.LastIndexByte(program, '/')+1:], "0123456789.")
	return slices.Contains([]string{"sh", "bash", "dash", "ksh", "zsh", "ash", "python", "perl", "php", "ruby", "env", "sudo"}, base)
}

func (c *converter) arguments(w word) ([]string, bool) {
	words, before, refused := split(w.text)
	if refused == openQuote {
		c.fail(w.at, "close it", "a quotation mark in %q is not closed", w.text)
		return nil, false
	}
	if refused != "" {
		c.fail(Pos{w.at.Line, w.at.Column + 1 + before}, "put the line into a script, and name the script here", "%s needs a shell, and there is none any more", refused)
		return nil, false
	}
	return words, true
}

func (c *converter) socket(local cursor) Field {
	host := local.to("deshost")
	ip, port := host.attr("ip", ""), host.attr("port", "")
	if ip.text == "" || port.text == "" {
		c.fail(local.place(), `write <deshost ip="10.0.0.9" port="8009"/>`, "plugin socket says neither host nor port, or only one of them")
	}
	return object("socket", ip.at, text("to", ip.at, "tcp://"+net.JoinHostPort(ip.text, port.text)), text("format", ip.at, "path"))
}

func (c *converter) http(local cursor) Field {
	url := local.to("deshost").attr("url", "")
	if url.text == "" {
		c.fail(local.place(), `write <deshost url="http://10.0.0.9/changed"/>`, "plugin http has no url")
	}
	return object("http", url.at, text("url", url.at, url.text), text("format", url.at, "sersync"))
}

func (c *converter) cdn(local cursor, p *plugin) Field {
	info := local.to("cdninfo")
	domain, port := info.attr("domainname", ""), info.attr("port", "80")
	user, base := info.attr("username", ""), local.to("sendurl").attr("base", "")
	p.secret = info.attr("passwd", "").text
	for _, need := range []struct{ name, is string }{
		{"domainname", domain.text}, {"username", user.text}, {"passwd", p.secret}, {"base", base.text},
	} {
		if need.is == "" {
			c.fail(local.place(), "see sersync's own confxml.xml", "plugin refreshCDN has no %s", need.name)
		}
	}
	c.risk(info.place(), "cdninfo passwd", "", "is a password in a file that others may read; chmod 600 this file, or \"syncsvc import\" it, which puts the password into a file of its own")
	fields := []Field{
		text("provider", local.place(), "sersync"), text("endpoint", domain.at, "http://"+net.JoinHostPort(domain.text, port.text)),
		text("user", user.at, user.text), text("base", base.at, base.text),
	}
	if match := local.to("regexurl").attr("match", ""); local.to("regexurl").attr("regex", "false").is() {
		fields = append(fields, text("regex", match.at, match.text))
	}
	return object("cdn", domain.at, fields...)
}

// place is where the element stands; the file when it is missing.
func (c cursor) place() Pos {
	if c.element == nil {
		return Pos{}
	}
	return c.at
}
