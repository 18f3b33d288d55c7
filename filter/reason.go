package filter

import "fmt"

// Reason tells which rule decides about a path.
type Reason struct {
	Excluded bool
	// Rule is the rule that decides. It is nil when no rule matches, which
	// includes the path, and when a regex decides.
	Rule *Rule
	// Regex is the regular expression that decides, or nil.
	Regex *Regex
	// At is the path that Rule or Regex matched: the one asked for or an
	// excluded folder above it.
	At string
	// Path is the one asked for.
	Path string
}

// Why returns what decides about path; see [Filter.Excluded].
func (f *Filter) Why(path string, dir bool) Reason {
	if f == nil {
		return Reason{At: path, Path: path}
	}
	for folder := range folders(path) {
		if v := f.decide(f.hide, folder, true); v.excluded() {
			return v.reason(folder, path)
		}
	}
	return f.decide(f.hide, path, dir).reason(path, path)
}

func (v verdict) reason(at, path string) Reason {
	r := Reason{Excluded: v.excluded(), Regex: v.regex, At: at, Path: path}
	if v.rule != nil {
		r.Rule, r.Regex = v.rule.rule, v.rule.regex
	}
	return r
}

// String returns one line for people, such as
//
//	excluded, because folder "cache" matches exclude "/cache/" (www.yaml:12)
func (r Reason) String() string {
	word := "included"
	if r.Excluded {
		word = "excluded"
	}
	what := "it"
	if r.At != r.Path {
		what = fmt.Sprintf("folder %q", r.At)
	}
	switch {
	case r.Rule != nil:
		return fmt.Sprintf("%s, because %s matches %s %q%s", word, what, r.Rule.Kind, r.Rule.Text, place(r.Rule.Source))
	case r.Regex != nil:
		return fmt.Sprintf("%s, because %s matches regex %q%s", word, what, r.Regex.Text, place(r.Regex.Source))
	}
	return word + ", because no rule matches"
}

func place(source string) string {
	if source == "" {
		return ""
	}
	return " (" + source + ")"
}
