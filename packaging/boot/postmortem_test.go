package boot_test

import (
	"os"
	"strings"
)

// shown is how many lines of each witness are printed.
const shown = 60

// postmortem prints what the machine can say about a failure.
func (m *machine) postmortem() {
	console, _ := os.ReadFile(m.console())
	m.t.Logf("== console of %s (%s), booted %d times\n%s", m.name, m.kind, m.boots.Load(), lastLines(string(console)))
	if m.systemd() {
		m.tell("systemctl", "status", "--no-pager", "-l", "syncsvc")
		m.tell("journalctl", "--no-pager", "-o", "short-precise", "-u", "syncsvc")
	} else {
		m.tell("sh", "-c", "tail -n 60 /var/log/syncsvc/*")
	}
	m.tell("syncsvc", "status")
	m.tell("ps", "-e", "-o", "pid,ppid,stat,etimes,args", "--forest")
}

func (m *machine) tell(argv ...string) {
	out, err := m.try(argv...)
	m.t.Logf("== %s (%v)\n%s", strings.Join(argv, " "), err, lastLines(out))
}

func lastLines(text string) string {
	lines := strings.SplitAfter(text, "\n")
	return strings.Join(lines[max(0, len(lines)-shown):], "")
}
