package sersync

import (
	"fmt"
	"slices"
	"strings"
)

// word is the value of an attribute. When the attribute is not there it is the
// one of sersync's own file, and its place is that of the element around it.
type word struct {
	text  string
	at    Pos
	there bool
}

// is reports whether a switch is on. Only this spelling is.
func (w word) is() bool { return w.text == "true" }

// local is one localpath element.
type local struct {
	watch   word
	remotes []remote
}

// remote is one of the places a localpath goes to.
type remote struct{ ip, name word }

// settings are all that a file can say.
type settings struct {
	host, port, debug, xfs word

	filter   word
	excludes []word

	events map[string]word // by the attribute's element, in lower case

	locals []local

	params                  word
	auth, users, password   word
	userPort, portNumber    word
	timeout, timeoutSeconds word
	ssh                     word
	failLog, failEvery      word
	crontab, schedule       word
	cronFilter              word
	cronExcludes            []word
	plugin, pluginName      word
	plugins                 []*element // children of head
	seconds                 []*element // elements that should be there once, and are not the first
	doubts                  []doubt
}

// toggles are the elements of <inotify> with the values of sersync's own file,
// in its order.
var toggles = []struct{ name, stock, key string }{
	{"delete", "true", "delete"},
	{"createFolder", "true", "create_folder"},
	{"createFile", "false", "create_file"},
	{"closeWrite", "true", "close_write"},
	{"moveFrom", "true", "move_from"},
	{"moveTo", "true", "move_to"},
	{"attrib", "false", "attrib"},
	{"modify", "false", "modify"},
}

// doubt is a switch that is off because of how it is written.
type doubt struct {
	element, attribute string
	w                  word
}

// readSettings takes out of the tree what is known. What is missing has the
// value of sersync's own file.
func readSettings(root *element) *settings {
	s := &settings{events: map[string]word{}}
	head := cursor{root, s}
	s.host, s.port = head.to("host").attr("hostip", "localhost"), head.to("host").attr("port", "8008")
	s.debug = head.to("debug").attr("start", "false")
	s.xfs = head.to("fileSystem").attr("xfs", "false")
	s.filter, s.excludes = head.to("filter").attr("start", "false"), head.to("filter").all("exclude", "expression")
	for _, t := range toggles {
		s.events[t.name] = head.to("inotify").to(t.name).attr("start", t.stock)
	}
	s.plugins = head.every("plugin")
	s.readSersync(head.to("sersync"))
	return s
}

func (s *settings) readSersync(c cursor) {
	for _, l := range c.every("localpath") {
		at := cursor{l, s}
		one := local{watch: at.attr("watch", "")}
		for _, r := range at.every("remote") {
			one.remotes = append(one.remotes, remote{cursor{r, s}.attr("ip", ""), cursor{r, s}.attr("name", "")})
		}
		s.locals = append(s.locals, one)
	}
	r := c.to("rsync")
	s.params = r.to("commonParams").attr("params", "-artuz")
	auth := r.to("auth")
	s.auth, s.users, s.password = auth.attr("start", "false"), auth.attr("users", "root"), auth.attr("passwordfile", "/etc/rsync.pas")
	s.userPort, s.portNumber = r.to("userDefinedPort").attr("start", "false"), r.to("userDefinedPort").attr("port", "874")
	s.timeout, s.timeoutSeconds = r.to("timeout").attr("start", "false"), r.to("timeout").attr("time", "100")
	s.ssh = r.to("ssh").attr("start", "false")
	s.failLog, s.failEvery = c.to("failLog").attr("path", "/tmp/rsync_fail_log.sh"), c.to("failLog").attr("timeToExecute", "60")
	cron := c.to("crontab")
	s.crontab, s.schedule = cron.attr("start", "false"), cron.attr("schedule", "600")
	s.cronFilter = cron.to("crontabfilter").attr("start", "false")
	s.cronExcludes = cron.to("crontabfilter").all("exclude", "expression")
	s.plugin, s.pluginName = c.to("plugin").attr("start", "false"), c.to("plugin").attr("name", "")
}

// cursor is an element that may not be there, for reading without asking at
// each step.
type cursor struct {
	*element
	s *settings
}

// to returns the first child of a name; further ones are noted.
func (c cursor) to(name string) cursor {
	list := c.every(name)
	if len(list) == 0 {
		return cursor{nil, c.s}
	}
	for _, again := range list[1:] {
		c.s.note(again)
	}
	return cursor{list[0], c.s}
}

func (c cursor) every(name string) []*element {
	if c.element == nil {
		return nil
	}
	var list []*element
	for _, e := range c.children {
		if e.name == strings.ToLower(name) {
			list = append(list, e)
		}
	}
	return list
}

// attr returns the value of an attribute, or what it is when it is missing.
func (c cursor) attr(name, stock string) word {
	if c.element == nil {
		return word{text: stock}
	}
	for _, a := range c.attrs {
		if a.name == strings.ToLower(name) {
			c.s.doubt(c.element, a)
			return word{a.value, a.at, true}
		}
	}
	return word{text: stock, at: c.at}
}

// all returns an attribute of each child of a name.
func (c cursor) all(child, name string) []word {
	var list []word
	for _, e := range c.every(child) {
		list = append(list, cursor{e, c.s}.attr(name, ""))
	}
	return list
}

// doubt remembers a switch that looks as if it was meant to be on, once.
func (s *settings) doubt(e *element, a attribute) {
	on := slices.Contains([]string{"true", "yes", "on", "1"}, strings.ToLower(strings.TrimSpace(a.value)))
	switches := a.name == "start" || a.name == "xfs" || a.name == "regex"
	w := word{a.value, a.at, true}
	if d := (doubt{e.written, a.written, w}); switches && on && !w.is() && !slices.Contains(s.doubts, d) {
		s.doubts = append(s.doubts, d)
	}
}

// note remembers an element that sersync never looked at, once.
func (s *settings) note(e *element) {
	for _, known := range s.seconds {
		if known == e {
			return
		}
	}
	s.seconds = append(s.seconds, e)
}

// shown is how a setting is named in reports.
func shown(element, attribute string, w word) string {
	return fmt.Sprintf(`%s %s="%s"`, element, attribute, w.text)
}
