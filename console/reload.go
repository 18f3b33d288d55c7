package console

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/syncsvc/syncsvc/control"
)

// shownPaths is how many paths are told as examples.
const shownPaths = 5

// Reload writes what a reload did, or would do, module by module.
func (l Look) Reload(r control.Reload) string {
	p := &page{look: l}
	for _, c := range r.Settings {
		p.setting(c)
	}
	same := 0
	for _, m := range r.Modules {
		if m.Action == control.Untouched && m.Error == "" {
			same++
			continue
		}
		p.moduleReload(m, r.Applied)
	}
	if same > 0 {
		p.line("%s unchanged", Plural(int64(same), "module"))
	}
	if len(r.Modules) == 0 && len(r.Problems) == 0 && len(r.Settings) == 0 {
		p.line("no module")
	}
	return p.String()
}

// setting writes a changed setting of the service itself.
func (p *page) setting(c control.SettingChange) {
	text := fmt.Sprintf("setting %s: %s -> %s", Safe(c.Key), value(c.Old), value(c.New))
	if c.Restart {
		text += p.look.Warn(", only once the service is restarted")
	}
	if c.Where != "" {
		text += p.look.Dim("  (" + Safe(c.Where) + ")")
	}
	p.line("%s", text)
}

func (p *page) moduleReload(m control.ModuleReload, applied bool) {
	l := p.look
	text := l.Bold(Safe(m.Module)) + ": " + action(m.Action, applied)
	if m.Why != "" {
		text += ", " + Safe(m.Why)
	}
	if m.Error != "" {
		text = l.Bold(Safe(m.Module)) + ": " + l.Bad(Safe(string(m.Action))+" failed") + ": " + Safe(m.Error)
	}
	p.line("%s", text)
	for _, c := range m.Changes {
		p.line("  %s: %s -> %s", Safe(c.Key), value(c.Old), value(c.New))
	}
	for _, url := range m.Added {
		p.line("  %s target %s", l.Good("+"), Safe(url))
	}
	for _, url := range m.Removed {
		p.line("  %s target %s", l.Bad("-"), Safe(url))
	}
	for _, url := range m.FullSync {
		p.line("  full sync with %s", Safe(url))
	}
	p.filterEffect(m.Filter)
}

// value writes a value of a key; none at all can be seen too.
func value(text string) string {
	return cmp.Or(Safe(strings.ReplaceAll(strings.TrimSpace(text), "\n", " ")), "(unset)")
}

// action says what is done to a module, in the past or as a plan.
func action(a control.Action, applied bool) string {
	words := map[control.Action][2]string{
		control.Untouched:    {"unchanged", "stays as it is"},
		control.AddModule:    {"started", "would start"},
		control.RemoveModule: {"removed", "would be stopped and removed"},
		control.InPlace:      {"changed in place", "would change in place"},
		control.Retarget:     {"targets changed, it goes on", "its targets would change, it goes on"},
		control.Restart:      {"restarted", "would restart"},
		control.KeepOld:      {"kept as it was", "would be kept as it is"},
	}
	w, known := words[a]
	switch {
	case !known:
		return Safe(string(a))
	case applied:
		return w[0]
	}
	return w[1]
}

func (p *page) filterEffect(f *control.FilterEffect) {
	if f == nil {
		return
	}
	p.line("  filter: %s sent, %s left as they are on the targets", Plural(f.Sent, "path"), Plural(f.Left, "path"))
	p.examples("+", f.SentLike, f.Sent)
	p.examples("-", f.LeftLike, f.Left)
	if f.Partial {
		p.line("    and more: the tree is too big to be read to its end for a plan")
	}
}

func (p *page) examples(sign string, like []control.Path, all int64) {
	for _, path := range like[:min(len(like), shownPaths)] {
		p.line("    %s %s", sign, Path(path))
	}
	if more := all - int64(min(len(like), shownPaths)); more > 0 && len(like) > 0 {
		p.line("    %s and %s", sign, fmt.Sprintf("%s more", Count(more)))
	}
}
