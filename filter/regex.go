package filter

import "regexp"

// regex is a regular expression that no rsync pattern can stand for.
type regex struct {
	from  Regex
	whole *regexp.Regexp
}

// addRegex compiles one expression, into rules where possible: those are what
// rsync understands too, and faster.
func (f *Filter) addRegex(from Regex) error {
	grouped := "(?s:" + from.Text + ")"
	whole, err := compileBoth(from.Text, `\A`+grouped+`\z`)
	if err != nil {
		return locate(from.Source, from.Text, &problem{err.Error(), "the syntax is RE2: https://golang.org/s/re2syntax"})
	}
	f.texts = append(f.texts, from.Text)
	patterns, ok := translate(grouped)
	if !ok {
		f.regexes = append(f.regexes, regex{from, whole})
	}
	for _, text := range patterns {
		r := newRule(statement{pattern: text}, nil)
		r.regex = &from
		f.addRules([]rule{r})
	}
	return nil
}

// compileBoth compiles whole, after text has shown that it is an expression by
// itself: "a)|(b" is not, but would be one in brackets.
func compileBoth(text, whole string) (*regexp.Regexp, error) {
	if _, err := regexp.Compile(text); err != nil {
		return nil, err
	}
	return regexp.Compile(whole)
}

func (r *regex) match(path string) bool {
	return r.whole.MatchString(path) || r.whole.MatchString("/"+path)
}
