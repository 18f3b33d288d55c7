package supervisor

import (
	"fmt"
	"syscall"
	"time"

	"github.com/dustin/go-humanize"
)

const (
	// killGrace is what a child gets beyond the drain deadline before it is killed.
	killGrace = 2 * time.Second
	// dumpGrace is what a hung child gets to write down what it is doing.
	dumpGrace = 5 * time.Second
)

// mustEnd looks at the child, and ends it when it has to be.
func (l *life) mustEnd(now time.Time) bool {
	if quiet := l.pulse.quiet(now, l.hungAfter()); quiet > 0 {
		l.abort(quiet)
		return true
	}
	most := l.word.module.Process.MemoryMax
	if most == 0 || l.process.MemoryLimited() {
		return false
	}
	if used := l.process.Memory(); used > most {
		l.killed, l.hoarded = tooMuch(used, most), true
		l.Log.Error("module uses too much memory, killed", "pid", l.process.Pid(), "used", used, "memory_max", most)
		l.kill()
		return true
	}
	return false
}

// tooMuch says how much memory was used; 0 means that only the kernel knows.
func tooMuch(used, most int64) string {
	if used == 0 {
		return fmt.Sprintf("used more than its memory_max of %s", humanize.IBytes(uint64(most)))
	}
	return fmt.Sprintf("used %s of memory, memory_max is %s", humanize.IBytes(uint64(used)), humanize.IBytes(uint64(most)))
}

// stop asks the child to end, and ends it when it does not within the drain
// deadline.
func (l *life) stop() {
	l.asked = true
	l.process.Signal(syscall.SIGTERM)
	l.process.Signal(syscall.SIGCONT) // a stopped process hears nothing else
	if l.exits(l.Drain + killGrace) {
		return
	}
	l.killed = fmt.Sprintf("did not end within %s, killed", l.Drain+killGrace)
	l.Log.Error("module did not stop in time, killed", "pid", l.process.Pid(), "after", l.Drain+killGrace)
	l.kill()
}

// abort ends a child that does not move, and lets it tell why.
func (l *life) abort(quiet time.Duration) {
	l.killed = fmt.Sprintf("no sign of life for %s", quiet.Round(time.Second))
	l.Log.Error("module is hung, will be killed", "pid", l.process.Pid(), "quiet", quiet.Round(time.Second))
	l.process.Signal(syscall.SIGABRT)
	l.process.Signal(syscall.SIGCONT)
	if !l.exits(dumpGrace) {
		l.kill()
	}
}

// kill waits for as long as it takes: a process that waits for a disk does not
// even hear SIGKILL, and a second one beside it would be wrong.
func (l *life) kill() {
	l.process.Kill()
	if !l.exits(killGrace) {
		l.Log.Error("killed process does not end, it probably waits for a disk", "pid", l.process.Pid())
		l.set(func(s *keeperStatus) {
			s.Reason = "its killed process does not end, it probably waits for a disk"
		})
	}
	<-l.process.Exited()
}

// exits reports whether the child is dead within a time.
func (l *life) exits(within time.Duration) bool {
	timer := time.NewTimer(within)
	defer timer.Stop()
	select {
	case <-l.process.Exited():
		return true
	case <-timer.C:
		return false
	}
}
