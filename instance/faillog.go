package instance

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/renameio/v2"
)

// failLogHead explains the file to whoever finds it.
const failLogHead = `# paths that module %q could not mirror, as of %s; syncsvc rewrites this list,
# and tries each again by itself. An empty list means that nothing fails.
# last failure, attempts, next try, target, path, reason
`

// writeFailLog writes the fail lists of all targets where people look for
// them. Nothing ever reads it back: what has to survive is in the state folder.
func (in *instance) writeFailLog() error {
	path := in.module().FailLog.Path
	if path == "" {
		path = filepath.Join(in.LogDir, in.module().Name+".fail.log")
	}
	var text strings.Builder
	fmt.Fprintf(&text, failLogHead, in.module().Name, time.Now().Format(time.RFC3339))
	for _, t := range in.targets() {
		t.mu.Lock()
		for _, f := range t.ledger.failing.list() {
			fmt.Fprintf(&text, "%s %d %s %s %q %s\n", f.last.Format(time.RFC3339), f.attempts,
				f.next.Format(time.RFC3339), t.name, f.Path, f.reason)
		}
		t.mu.Unlock()
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return fmt.Errorf("make the folder of the fail log: %w", err)
	}
	if err := renameio.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		return fmt.Errorf("write the fail log: %w", err)
	}
	return nil
}
