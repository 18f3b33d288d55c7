package supervisor

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/syncsvc/syncsvc/config"
	"github.com/syncsvc/syncsvc/control"
)

// choose finds the members that a request names. One that is not there is an
// error, and then nothing is done to the others.
func (f *fleet) choose(req control.ModulesRequest) ([]*member, error) {
	if req.All {
		return f.all(), nil
	}
	if len(req.Modules) == 0 {
		return nil, &control.Failed{Status: http.StatusBadRequest, Err: errors.New("which module? none is named"), Hint: "name some, or ask for all"}
	}
	var members []*member
	for _, name := range req.Modules {
		m, err := f.find(name)
		if err != nil {
			return nil, err
		}
		members = append(members, m)
	}
	return members, nil
}

// find returns a member, or an error that helps.
func (f *fleet) find(name string) (*member, error) {
	if m := f.get(name); m != nil {
		return m, nil
	}
	f.mu.Lock()
	broken := f.broken[name]
	f.mu.Unlock()
	if len(broken) > 0 {
		return nil, &control.Failed{
			Status: http.StatusUnprocessableEntity, Err: fmt.Errorf("module %q is left out: %s", name, broken[0].Text),
			Hint: "correct the file; it is read as soon as it is saved",
		}
	}
	failed := &control.Failed{Status: http.StatusNotFound, Err: fmt.Errorf("there is no module %q", name)}
	var names []string
	for _, m := range f.all() {
		names = append(names, m.name)
	}
	switch near := config.Closest(name, names); {
	case near != "":
		failed.Hint = fmt.Sprintf("did you mean %s?", near)
	case len(names) == 0:
		failed.Hint = "there are no modules yet; see syncsvc add-module"
	default:
		failed.Hint = "there are: " + strings.Join(names, ", ")
	}
	return nil, failed
}
