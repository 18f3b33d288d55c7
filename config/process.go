package config

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/user"
	"regexp"
	"strconv"
	"strings"
)

// The ranges of what a module file says about processes.
const (
	maxPriority                  = 99
	minNice, maxNice             = -20, 19
	maxIOLevel                   = 7
	minOOMScore, maxOOMScore     = -1000, 1000
	minMemoryMax, maxMemoryMax   = 32 << 20, 1 << 44
	userRunsRsync, userRunsWhole = "rsync", "instance"
)

// processKeys are those that say how a module's processes run.
func (d *decoder) processKeys() schema {
	m, p := d.m, &d.m.Process
	return schema{
		{"enabled", func(v value) { v.readBool(&m.Enabled) }},
		{"priority", func(v value) { v.readInt(&m.Priority, 0, maxPriority) }},
		{"nice", func(v value) { v.readInt(&p.Nice, minNice, maxNice) }},
		{"ionice", func(v value) { v.readIONice(&p.IONice) }},
		{"oom_score_adjust", func(v value) { v.readInt(&p.OOMScoreAdjust, minOOMScore, maxOOMScore) }},
		{"memory_max", func(v value) { v.readSizeOrOff(&p.MemoryMax, minMemoryMax, maxMemoryMax) }},
		{"user", func(v value) { v.readUser(&p.User) }},
		{"user_runs", func(v value) {
			runs := userRunsRsync
			v.readChoice(&runs, userRunsRsync, userRunsWhole)
			p.WholeInstance = runs == userRunsWhole
		}},
		{"log_level", func(v value) {
			level := slog.LevelInfo
			v.readLevel(&level)
			m.LogLevel = &level
		}},
	}
}

// readSizeOrOff reads a number of bytes between lo and hi; 0 and "off" make it
// 0.
func (v value) readSizeOrOff(to *int64, lo, hi int64) {
	if v.kind == text && v.node.text == "off" {
		*to = 0
		return
	}
	v.readSize(to, lo, hi)
}

func (v value) readIONice(to *IONice) {
	s, ok := v.word()
	if !ok {
		return
	}
	class, level, leveled := strings.Cut(s, ":")
	n, err := strconv.Atoi(level)
	switch {
	case class == "realtime":
		v.fail("write idle, or best-effort:0 for the first among equals", "realtime would starve everything else that uses the disk")
	case class == "idle" && !leveled:
		*to = IONice{Class: class}
	case class == "best-effort" && !leveled:
		*to = IONice{Class: class, Level: 4} // as ionice(1)
	case class == "best-effort" && err == nil && n >= 0 && n <= maxIOLevel:
		*to = IONice{Class: class, Level: n}
	default:
		v.fail("write idle, best-effort, or best-effort:0 (first) to best-effort:7", "%q is no way to use the disk", s)
	}
}

// account is what useradd accepts, and a trailing $ for machines.
var account = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]*\$?$`)

func (v value) readUser(to *string) {
	s, ok := v.scalar()
	if !ok {
		return
	}
	if !account.MatchString(s) {
		v.fail("write the name of a user of this machine, as in /etc/passwd", "%q is not a user's name", s)
		return
	}
	*to = s
}

// checkUser refuses user_runs when there is nobody to run anything.
func (d *decoder) checkUser() {
	if d.m.Process.WholeInstance && d.m.Process.User == "" {
		d.failAt("user_runs", "add user: NAME", "says what the user runs, and there is no user")
	}
}

// checkAccount looks whether the user exists, and whether rsync can be run as
// that user.
func (m *Module) checkAccount() []Problem {
	name := m.Process.User
	if name == "" {
		return nil
	}
	u, err := user.Lookup(name)
	if _, unknown := errors.AsType[user.UnknownUserError](err); unknown {
		return []Problem{m.problem("user", "useradd --system "+name, fmt.Sprintf("there is no user %q on this machine", name))}
	}
	if err != nil {
		return []Problem{m.problem("user", "", fmt.Sprintf("look up %q: %v", name, err))}
	}
	if me := os.Geteuid(); me != 0 && u.Uid != strconv.Itoa(me) {
		return []Problem{m.problem("user", "run syncsvc as root, or leave user out", "only root can run rsync as another user")}
	}
	return nil
}
