package instance

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/renameio/v2"

	"github.com/syncsvc/syncsvc/change"
	"github.com/syncsvc/syncsvc/config"
	"github.com/syncsvc/syncsvc/rsync"
)

// failLogHead explains the file to whoever finds it.
const failLogHead = `# paths that module %q could not mirror, as of %s; syncsvc rewrites this list,
# and tries each again by itself. An empty list means that nothing fails.
`

const (
	textHead = "# last failure, attempts, next try, target, path, reason\n"
	// scriptHead says the same of a script.
	scriptHead = "# \"sh THIS FILE\" tries all of them at once; syncsvc itself never runs it.\n"
	// partialStatus is what the shell's wait status was when rsync ended with 23:
	// some files could not be sent. sersync wrote such numbers.
	partialStatus = 23 << 8
)

// writeFailLog writes the fail lists of all targets where people look for
// them. Nothing ever reads it back: what has to survive is in the state folder.
func (in *instance) writeFailLog() error {
	m := in.module()
	path := m.FailLog.Path
	if path == "" {
		path = filepath.Join(in.LogDir, m.Name+".fail.log")
	}
	head, entry, away := textHead, failLine, ""
	if m.FailLog.Format == config.FailLogScript {
		head, entry, away = scriptHead, in.failCommand, in.awayCommands()
	}
	var text strings.Builder
	fmt.Fprintf(&text, failLogHead+head, m.Name, time.Now().Format(time.RFC3339))
	for _, t := range in.targets() {
		t.mu.Lock()
		list := t.ledger.failing.list()
		t.mu.Unlock()
		for _, f := range list {
			text.WriteString(entry(t, f))
		}
	}
	text.WriteString(away)
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return fmt.Errorf("make the folder of the fail log: %w", err)
	}
	if err := renameio.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		return fmt.Errorf("write the fail log: %w", err)
	}
	return nil
}

// failLine is an entry for people.
func failLine(t *target, f failure) string {
	return fmt.Sprintf("%s %d %s %s %q %s\n", f.last.Format(time.RFC3339), f.attempts,
		f.next.Format(time.RFC3339), t.name, f.Path, f.reason)
}

// failCommand is an entry as sersync wrote it: a command that does what is
// owed, with what rsync said above it.
func (in *instance) failCommand(t *target, f failure) string {
	command := in.byHand(t, f.Path)
	if command == "" {
		return ""
	}
	return fmt.Sprintf("# %s, attempt %d: %q\n#errno %d\n%s\n\n", f.last.Format(time.RFC3339), f.attempts, f.reason, partialStatus, command)
}

// byHand is a command that sends a path to t. What is gone is deleted by it; it
// is "" when nothing is to be deleted on t.
func (in *instance) byHand(t *target, path string) string {
	settings := t.settings()
	if path == change.Root {
		return FullSyncCommand(in.module(), *settings)
	}
	o := rsync.Typed{Dir: in.module().Watch, Path: path, Filters: ownRules(in.module())}
	_, err := os.Lstat(filepath.Join(o.Dir, o.Path))
	if o.Gone = errors.Is(err, fs.ErrNotExist); o.Gone && !settings.Delete {
		return ""
	}
	return rsync.CommandLine(rsyncTarget(*settings), o)
}
