package config

import "fmt"

// mistake is what is wrong with a value, before anyone knows where it stands.
type mistake struct {
	message, hint string
	secret        bool // the value must not be shown
}

// Error returns what is wrong, without the hint.
func (m *mistake) Error() string { return m.message }

func wrong(hint, format string, args ...any) *mistake {
	return &mistake{message: fmt.Sprintf(format, args...), hint: hint}
}

// refuse reports a mistake with the value, if there is one.
func (v value) refuse(bad *mistake) bool {
	if bad == nil {
		return false
	}
	v.fail(bad.hint, "%s", bad.message)
	if bad.secret {
		v.r.problems[len(v.r.problems)-1].Excerpt = ""
	}
	return true
}
