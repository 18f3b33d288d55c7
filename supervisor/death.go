package supervisor

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/syncsvc/syncsvc/child"
	"github.com/syncsvc/syncsvc/control"
)

const (
	// maxDeaths and maxDumps are how many a module's folder keeps.
	maxDeaths, maxDumps = 20, 5
	deathsFile          = "deaths.json"
	dumpPattern         = "crash-*.txt"
)

// death is the end of a child that nobody asked for.
type death struct {
	control.Death
	exit
	hint string
}

// stillborn is the death of a child that could not be started.
func stillborn(err error) *death {
	return &death{
		Death: control.Death{Time: time.Now(), Cause: err.Error()},
		exit:  exit{code: -1},
	}
}

// obituary says how the child ended.
func (l *life) obituary(e child.Exit, lived time.Duration) *death {
	said := l.words.last()
	d := &death{
		Death: control.Death{Time: time.Now(), Cause: l.cause(e), Lived: lived.Seconds(), Pid: l.process.Pid()},
		exit:  exit{lived: lived, code: e.Code, killed: l.killed != ""},
	}
	var more bool
	d.First, d.Last, more = ends(said)
	if more {
		path, err := l.dump(said, d.Time)
		if err != nil {
			l.Log.Warn("cannot keep what the module said at its end", "err", err)
		}
		d.Dump = path
	}
	_, hint := parting(said)
	switch {
	case e.Code == exitConfig:
		d.hint = fmt.Sprintf("correct %s, then \"syncsvc reload\"", l.word.module.File)
	case e.Memory || l.hoarded:
		d.hint = fmt.Sprintf("raise memory_max in %s, or give the module fewer threads", l.word.module.File)
	case e.Signal == syscall.SIGKILL && l.killed == "":
		d.hint = "by somebody, or by the kernel when the machine ran out of memory; \"dmesg\" would tell"
	case hint != "":
		d.hint = hint
	case d.Dump != "":
		d.hint = "what it said at its end is in " + d.Dump
	}
	return d
}

// cause says in words how a child ended.
func (l *life) cause(e child.Exit) string {
	said := l.words.last()
	switch {
	case l.killed != "":
		return l.killed
	case e.Memory:
		return tooMuch(0, l.word.module.Process.MemoryMax)
	case e.Signal != 0:
		return fmt.Sprintf("killed by signal %d (%s)", int(e.Signal), e.Signal)
	case e.Code == exitConfig && mistake(said, l.word.module.File) != "":
		return mistake(said, l.word.module.File)
	case len(said) > 0 && (beginsCrash(said[0]) || e.Code == exitConfig):
		return strings.TrimPrefix(said[0], "syncsvc: ")
	case e.Code == 0:
		return "ended by itself"
	}
	if line, _ := parting(said); line != "" {
		return fmt.Sprintf("exit code %d: %s", e.Code, line)
	}
	return fmt.Sprintf("exit code %d", e.Code)
}

// mistake returns the first line about a place in file: "www.yaml:4:24: ...".
func mistake(said []string, file string) string {
	for _, line := range said {
		if strings.HasPrefix(line, file+":") {
			return line
		}
	}
	return ""
}

// parting returns what this program says when it ends with an error, and the
// way out that it knows.
func parting(said []string) (line, hint string) {
	for i, l := range said {
		if text, ok := strings.CutPrefix(l, "syncsvc: "); ok {
			line, hint = text, ""
			if i+1 < len(said) && strings.HasPrefix(said[i+1], "hint: ") {
				hint = strings.TrimPrefix(said[i+1], "hint: ")
			}
		}
	}
	return line, hint
}

// dump keeps all that a child said at its end.
func (l *life) dump(lines []string, at time.Time) (path string, err error) {
	path = filepath.Join(l.Home, "crash-"+at.UTC().Format("20060102T150405.000Z")+".txt")
	text := strings.Join(lines, "\n") + "\n"
	if err := child.WriteOwn(path, []byte(text)); err != nil {
		return "", fmt.Errorf("write a dump: %w", err)
	}
	old, err := filepath.Glob(filepath.Join(l.Home, dumpPattern)) // in the order of time
	if err != nil {
		return path, err
	}
	for _, o := range old[:max(0, len(old)-maxDumps)] {
		err = errors.Join(err, os.Remove(o))
	}
	return path, err
}

// record adds a death to those known, here and on disk.
func (k *keeper) record(d control.Death) {
	deaths := append(slices.Clone(k.status().Deaths), d)
	deaths = deaths[max(0, len(deaths)-maxDeaths):]
	k.set(func(s *keeperStatus) { s.Deaths = deaths })
	if err := k.saveDeaths(deaths); err != nil {
		k.Log.Warn("deaths are not kept on disk", "err", err)
	}
}

func (k *keeper) saveDeaths(deaths []control.Death) error {
	text, err := json.MarshalIndent(deaths, "", "  ")
	if err != nil {
		return fmt.Errorf("encode deaths: %w", err)
	}
	if err := os.MkdirAll(k.Home, 0o750); err != nil {
		return err
	}
	return child.WriteOwn(filepath.Join(k.Home, deathsFile), text)
}

// remember reads the deaths of earlier times. Without them nothing is lost but
// history.
func (k *keeper) remember() {
	text, err := child.ReadOwn(filepath.Join(k.Home, deathsFile))
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	var deaths []control.Death
	if err == nil {
		err = json.Unmarshal(text, &deaths)
	}
	if err != nil {
		k.Log.Warn("earlier deaths cannot be read", "err", err)
		return
	}
	k.set(func(s *keeperStatus) { s.Deaths = deaths })
}
