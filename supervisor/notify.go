package supervisor

import (
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"

	"github.com/syncsvc/syncsvc/control"
)

const (
	// extendBy is how much more time a start that goes on asks for; it asks
	// again long before.
	extendBy = 60 * time.Second
	// namesInStatus is how many ill modules a status line names.
	namesInStatus = 3
)

// notifier tells the service manager how things stand. Without one, as in a
// terminal, it does nothing.
type notifier struct {
	send     func(state string) // to the manager's socket
	watchdog time.Duration      // how often the manager wants a sign of life; 0 = never

	mu       sync.Mutex // guards what follows
	ready    bool
	said     string    // the last status line
	extended time.Time // when time was last asked for
	alive    time.Time // last sign of life
}

// newNotifier finds the service manager by the environment it gave.
func newNotifier(log *slog.Logger) *notifier {
	interval, err := daemon.SdWatchdogEnabled(false)
	if err != nil {
		log.Warn("the watchdog of the service manager is not served", "err", err)
	}
	return &notifier{watchdog: interval, send: func(state string) {
		if _, err := daemon.SdNotify(false, state); err != nil {
			log.Warn("the service manager was not told", "state", state, "err", err)
		}
	}}
}

// tell says what has changed since it was last called. It is called when every
// keeper has just been looked at, so that the sign of life is one. While
// something is underWay, the service is not ready yet: a module is neither
// armed, nor waiting with a reason, nor down for one.
func (n *notifier) tell(now time.Time, modules []control.Module, underWay bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	var lines []string
	if text := statusLine(modules); text != n.said {
		n.said = text
		lines = append(lines, "STATUS="+text)
	}
	switch {
	case !n.ready && !underWay:
		n.ready = true
		lines = append(lines, daemon.SdNotifyReady)
	case underWay && now.Sub(n.extended) >= extendBy/4:
		n.extended = now
		lines = append(lines, extension(extendBy))
	}
	if n.watchdog > 0 && now.Sub(n.alive) >= n.watchdog/3 {
		n.alive = now
		lines = append(lines, daemon.SdNotifyWatchdog)
	}
	if len(lines) > 0 {
		n.send(strings.Join(lines, "\n"))
	}
}

// reloading says that a reload begins; reloaded, that it is over. Before the
// service is ready, both keep silent: the end of a reload would make it so.
func (n *notifier) reloading() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.ready {
		n.send(daemon.SdNotifyReloading + "\n" + strings.TrimSpace(daemon.SdNotifyMonotonicUsec()))
	}
}

func (n *notifier) reloaded() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.ready {
		n.send(daemon.SdNotifyReady)
	}
}

// stopping says that the end may take as long as transfers may go on.
func (n *notifier) stopping(drain time.Duration) {
	n.send(strings.Join([]string{
		daemon.SdNotifyStopping, "STATUS=stopping; transfers under way may go on for " + drain.String(),
		extension(drain + extendBy),
	}, "\n"))
}

func extension(d time.Duration) string {
	return fmt.Sprintf("EXTEND_TIMEOUT_USEC=%d", d.Microseconds())
}

// statusLine is the whole service in a line: "3 modules: 2 live, bbs away".
func statusLine(modules []control.Module) string {
	if len(modules) == 0 {
		return "no modules"
	}
	live := 0
	var ill []string
	count := map[string]int{}
	var order []string
	for _, m := range modules {
		if m.State == control.Live {
			live++
			continue
		}
		word := stateWord(m)
		ill = append(ill, m.Name+" "+word)
		if count[word]++; count[word] == 1 {
			order = append(order, word)
		}
	}
	parts := ill
	if len(ill) > namesInStatus {
		parts = nil
		for _, word := range order {
			parts = append(parts, fmt.Sprintf("%d %s", count[word], word))
		}
	}
	if live > 0 {
		parts = append([]string{fmt.Sprintf("%d live", live)}, parts...)
	}
	return plural(len(modules), "module") + ": " + strings.Join(parts, ", ")
}

// stateWord is a state as a person would say it.
func stateWord(m control.Module) string {
	switch {
	case m.State == control.Backoff && m.Pid == 0:
		return "died, will restart"
	case m.State == control.Backoff:
		return "away"
	case m.State == control.Misconfigured:
		return "misconfigured"
	}
	return string(m.State)
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
