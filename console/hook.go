package console

import (
	"github.com/syncsvc/syncsvc/control"
)

// hook writes everything about one hook of a module.
func (p *page) hook(h control.HookStatus) {
	l := p.look
	p.line("\n%s  %s", l.Bold("hook "+Safe(h.Name)), Safe(h.Kind))
	p.field("waiting", "%s", Plural(h.Waiting, "path"))
	told := Plural(h.Delivered, "path")
	if h.LastSuccess != nil {
		told += ", the last " + l.ago(h.LastSuccess)
	}
	p.field("told", "%s", told)
	if h.Failed > 0 {
		p.field("given up", "%s", l.Warn(Plural(h.Failed, "path")))
	}
	if h.Collapsed > 0 {
		p.field("left out", "%s", l.Warn(Plural(h.Collapsed, "path")+", told of as one"))
	}
	if h.LastError != "" {
		p.field("last error", "%s (%s)", Safe(firstLine(h.LastError)), l.ago(h.LastErrorAt))
	}
	if h.NextTry != nil {
		p.field("next try", "%s", l.until(*h.NextTry))
	}
}
