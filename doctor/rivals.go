package doctor

import (
	"context"
	"fmt"

	"github.com/syncsvc/syncsvc/service/takeover"
)

// rivals looks for what else mirrors folders here: two mirrors of one folder
// delete what the other has brought.
func (e *exam) rivals(context.Context) []Finding {
	about := Finding{What: "other mirrors"}
	const hint = "syncsvc service takeover comments them out, after a copy"
	var findings []Finding
	report, err := takeover.Find(e.Root)
	if err != nil {
		findings = append(findings, about.with(Unknown, err.Error(), ""))
	}
	for _, f := range report.Files {
		for _, l := range f.Lines {
			findings = append(findings, about.with(Warn, fmt.Sprintf("%s:%d starts %s at boot: %s", f.Path, l.Number, l.Starts, l.Text), hint))
		}
	}
	for _, m := range report.Elsewhere {
		findings = append(findings, about.with(Warn, fmt.Sprintf("%s starts %s", m.Path, m.Starts), m.Hint))
	}
	for _, path := range report.Unread {
		findings = append(findings, about.with(Unknown, path+" may only be read by root", ""))
	}
	running, err := takeover.Running(e.Root + "/proc")
	if err != nil {
		findings = append(findings, about.with(Unknown, err.Error(), ""))
	}
	for _, p := range running {
		findings = append(findings, about.with(Warn, fmt.Sprintf("process %d mirrors folders: %s", p.Pid, p.Command),
			"stop it, if it sends what a module sends: two mirrors delete what the other brings"))
	}
	if len(findings) == 0 {
		return []Finding{about.with(OK, "neither sersync nor lsyncd nor inotifywait is started here", "")}
	}
	return findings
}
