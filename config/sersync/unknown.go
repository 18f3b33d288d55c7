package sersync

import (
	"fmt"
	"slices"
	"strings"
)

// known are the elements by their path, with their attributes, all in lower
// case. The children of plugins are known whatever the plugin.
var known = map[string][]string{
	"head":                                       {"version"},
	"head/host":                                  {"hostip", "port"},
	"head/debug":                                 {"start"},
	"head/filesystem":                            {"xfs"},
	"head/filter":                                {"start"},
	"head/filter/exclude":                        {"expression"},
	"head/inotify":                               nil,
	"head/inotify/delete":                        {"start"},
	"head/inotify/createfolder":                  {"start"},
	"head/inotify/createfile":                    {"start"},
	"head/inotify/closewrite":                    {"start"},
	"head/inotify/movefrom":                      {"start"},
	"head/inotify/moveto":                        {"start"},
	"head/inotify/attrib":                        {"start"},
	"head/inotify/modify":                        {"start"},
	"head/sersync":                               nil,
	"head/sersync/localpath":                     {"watch"},
	"head/sersync/localpath/remote":              {"ip", "name"},
	"head/sersync/rsync":                         nil,
	"head/sersync/rsync/commonparams":            {"params"},
	"head/sersync/rsync/auth":                    {"start", "users", "passwordfile"},
	"head/sersync/rsync/userdefinedport":         {"start", "port"},
	"head/sersync/rsync/timeout":                 {"start", "time"},
	"head/sersync/rsync/ssh":                     {"start"},
	"head/sersync/faillog":                       {"path", "timetoexecute"},
	"head/sersync/crontab":                       {"start", "schedule"},
	"head/sersync/crontab/crontabfilter":         {"start"},
	"head/sersync/crontab/crontabfilter/exclude": {"expression"},
	"head/sersync/plugin":                        {"start", "name"},
	"head/plugin":                                {"name"},
	"head/plugin/param":                          {"prefix", "suffix", "ignoreerror"},
	"head/plugin/filter":                         {"start"},
	"head/plugin/filter/include":                 {"expression"},
	"head/plugin/localpath":                      {"watch"},
	"head/plugin/localpath/deshost":              {"ip", "url", "port"},
	"head/plugin/localpath/cdninfo":              {"domainname", "port", "username", "passwd"},
	"head/plugin/localpath/sendurl":              {"base"},
	"head/plugin/localpath/regexurl":             {"regex", "match"},
}

// maxUnknown is how many of them are worth a line each.
const maxUnknown = 20

// unknown warns of what sersync did not look at, and so neither do we.
func (c *converter) unknown(root *element) {
	c.unknownIn(root, "head")
	if n := len(c.file.Remarks); n > maxUnknown {
		c.file.Remarks = c.file.Remarks[:maxUnknown]
		c.risk(Pos{}, fmt.Sprintf("%d more", n-maxUnknown), "", "elements and attributes are not of sersync, either")
	}
	for _, d := range c.s.doubts {
		c.risk(d.w.at, shown(d.element, d.attribute, d.w), "", "is off, as in sersync: only \"true\" is on")
	}
	for _, e := range c.s.seconds {
		c.risk(e.at, fmt.Sprintf("<%s>", e.written), "", "is ignored: there is one above it, and only the first counts, as in sersync")
	}
}

func (c *converter) unknownIn(e *element, path string) {
	attrs := known[path]
	for _, a := range e.attrs {
		if !slices.Contains(attrs, a.name) {
			c.risk(a.at, a.written, "", fmt.Sprintf("is no attribute of <%s> in sersync; it is ignored", e.written)+among(attrs))
		}
	}
	for _, child := range e.children {
		below := path + "/" + child.name
		if _, ok := known[below]; !ok {
			c.risk(child.at, fmt.Sprintf("<%s>", child.written), "", fmt.Sprintf("is no element of sersync in <%s>; it is ignored", e.written)+among(within(path)))
			continue
		}
		c.unknownIn(child, below)
	}
}

// within are the elements that an element can have in it.
func within(path string) []string {
	var names []string
	for p := range known {
		if name, ok := strings.CutPrefix(p, path+"/"); ok && !strings.Contains(name, "/") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func among(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return " (known are " + strings.Join(names, ", ") + ")"
}
