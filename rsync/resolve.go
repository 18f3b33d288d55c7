package rsync

import (
	"path"
	"regexp"
	"strings"
)

// resolver turns the names in rsync's messages into paths of the job. The
// sender writes them with the source argument in front, the receiver absolute,
// or relative to its module, or relative to the target folder.
type resolver struct {
	kind    Kind
	landing string // the target folder as it stands in messages, without slashes
	rooted  bool   // landing is known from "/" on
	scope   *scope
	// names lists a folder of the source, nil when it cannot be read.
	names func(folder string) []string
}

func newResolver(t Target, j Job, names func(string) []string) *resolver {
	return &resolver{
		kind:    t.Kind,
		landing: t.landing(j.Base),
		rooted:  t.Kind != SSH || strings.HasPrefix(t.Path, "/"),
		scope:   newScope(j),
		names:   names,
	}
}

// paths returns the job's paths that a message is about. There can be several,
// because different names have the same temporary name; there is none when the
// message cannot be trusted to be about this job.
func (r *resolver) paths(m message) []string {
	name, ok := r.relative(m.path)
	if !ok {
		return nil
	}
	var found []string
	for _, p := range r.meant(clean(name), m.temp) {
		if r.scope.covers(p) {
			found = append(found, p)
		}
	}
	return found
}

// relative strips what stands in front of the job's root.
func (r *resolver) relative(name string) (string, bool) {
	if rest, ok := under(name, strings.TrimSuffix(here, "/")); ok {
		return rest, true
	}
	if !strings.HasPrefix(name, "/") {
		return name, true
	}
	if r.rooted {
		return under(name, strings.TrimSuffix("/"+r.landing, "/"))
	}
	// Somewhere below the remote user's home.
	_, rest, ok := strings.Cut(name, "/"+r.landing+"/")
	return rest, ok
}

// under returns name as seen from folder.
func under(name, folder string) (string, bool) {
	rest, ok := strings.CutPrefix(name, folder)
	if !ok || rest != "" && rest[0] != '/' {
		return "", false
	}
	return strings.TrimPrefix(rest, "/"), true
}

// meant returns the paths that a name can stand for.
func (r *resolver) meant(name string, temp bool) []string {
	dir, base := path.Split(name)
	if !temp || !tempName.MatchString(base) {
		return []string{name}
	}
	stem := base[:len(base)-len(tempSuffix)]
	var all []string
	for _, candidate := range r.names(clean(dir)) {
		if tempStem(candidate) == stem {
			all = append(all, dir+candidate)
		}
	}
	if all == nil { // gone from the source meanwhile
		all = []string{dir + strings.TrimPrefix(stem, ".")}
	}
	return all
}

// tempName is what rsync's receiver calls a file while it is being written.
var tempName = regexp.MustCompile(`(?s)^\..*\.[A-Za-z0-9]{6}$`)

const (
	tempSuffix = ".XXXXXX"
	nameMax    = 255
)

// tempStem is the temporary name that rsync's receiver gives a file while it
// is being written, without the random suffix. Leading and trailing dots and
// the end of long names get lost in it.
func tempStem(name string) string {
	name = strings.TrimPrefix(name, ".")
	stem := "." + name
	if room := nameMax - len(".") - len(tempSuffix); len(name) >= room {
		keep := room - 1
		stem = "." + name[:keep]
		if name[keep]&0x80 != 0 {
			stem = trimHigh(stem)
		}
	}
	return strings.TrimSuffix(stem, ".")
}

// trimHigh cuts bytes above 127 off the end.
func trimHigh(s string) string {
	for s[len(s)-1]&0x80 != 0 {
		s = s[:len(s)-1]
	}
	return s
}
