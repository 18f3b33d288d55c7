package instance

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/syncsvc/syncsvc/change"
	"github.com/syncsvc/syncsvc/config"
)

// maxAwayLog is how many paths are listed one by one that wait for a target to
// return; of more, the list has one command that sends everything.
const maxAwayLog = 1000

// shellStatus is what sersync took down of an rsync that met such trouble: 10
// is no connection, 5 a daemon that refuses, 1 a command that cannot work.
func (t trouble) shellStatus() int {
	return [...]int{unreachable: 10 << 8, refusing: 5 << 8, misconfigured: 1 << 8}[t]
}

// awayCommands are the entries of a script for what waits until its target is
// back: to sersync, an outage was a failure of each path.
func (in *instance) awayCommands() string {
	var text strings.Builder
	for _, t := range in.targets() {
		paths, c := t.waiting()
		for _, path := range paths {
			if command := in.byHand(t, path); command != "" {
				fmt.Fprintf(&text, "# away since %s: %q\n#errno %d\n%s\n\n", c.since.Format(time.RFC3339), c.reason, c.kind.shellStatus(), command)
			}
		}
	}
	return text.String()
}

// waiting are the paths that are owed to a target that is away, in order, and
// what is known of the outage.
func (t *target) waiting() ([]string, circuit) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.circuit.open() {
		return nil, circuit{}
	}
	if !t.based { // it never had everything
		return []string{change.Root}, t.circuit
	}
	var paths []string
	for c := range t.ledger.unsettled() {
		switch {
		case c.Spare: // a comparison, and no change
			continue
		case c.Scope == change.Listing, c.Scope == change.Scan, len(paths) >= maxAwayLog:
			return []string{change.Root}, t.circuit
		}
		paths = append(paths, c.Path)
		if c.Was != "" {
			paths = append(paths, c.Was)
		}
	}
	slices.Sort(paths)
	return slices.Compact(paths), t.circuit
}

// saveAway writes the script anew when what waits is something else. The caller
// holds saving.
func (in *instance) saveAway() error {
	if in.module().FailLog.Format != config.FailLogScript {
		return nil
	}
	away := in.awayCommands()
	if away == in.savedAway {
		return nil
	}
	if err := in.writeFailLog(); err != nil {
		return err
	}
	in.savedAway = away
	return nil
}
