package child

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gofrs/flock"
	"golang.org/x/sys/unix"
)

// ErrTwin is returned by [Open] when another process has opened the same state
// folder and lives.
var ErrTwin = errors.New("already running")

// MarkEnv names the variable in which a process carries whose child it is. It
// has to be passed on to whatever such a process starts.
const MarkEnv = "SYNCSVC_FAMILY"

// Options say for whom processes are started.
type Options struct {
	// StateDir makes the children of several services on one machine tell
	// apart; what is needed to find them after a crash is kept inside. It is
	// made when it is missing.
	StateDir string
	// Plain leaves control groups alone even where there are any.
	Plain bool
	Log   *slog.Logger
}

// Starter starts processes. It may be used by several goroutines.
type Starter struct {
	log     *slog.Logger
	family  string // begins the mark of all children
	lock    *flock.Flock
	orphans *orphans
	errands atomic.Uint64 // how many there were

	mu      sync.Mutex
	threads map[schedule]*thread // nil: closed
	known   map[int]bool         // pids of children that have not been waited for
	groups  *groups              // nil: there are none to be had
	outside bool                 // children cannot be started inside their groups
	all     map[int]entry        // the process table
	seen    time.Time            // when it was read
}

// lockPatience is how long the lock may be held by what a killed process left:
// a child that it had forked and that had not yet become another program.
const lockPatience = 5 * time.Second

// Open prepares for starting processes and ends those that an earlier process
// with the same state folder left behind. The error wraps [ErrTwin] when that
// one still lives.
func Open(ctx context.Context, o Options) (*Starter, error) {
	if err := os.MkdirAll(o.StateDir, 0o750); err != nil {
		return nil, fmt.Errorf("make the state folder: %w", err)
	}
	lock, err := lockDir(ctx, o.StateDir)
	if err != nil {
		return nil, err
	}
	s := &Starter{
		log: o.Log, family: family(o.StateDir), lock: lock,
		threads: map[schedule]*thread{}, known: map[int]bool{},
	}
	// Children of children that lose their parent become ours, not init's.
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		o.Log.Warn("orphans will go to init", "err", err)
	}
	s.orphans = newOrphans(ctx, o.Log, s.ours)
	if !o.Plain {
		if s.groups, err = findGroups(s.family, o.Log); err != nil {
			o.Log.Info("modules run without control groups of their own", "reason", err)
		}
	}
	if err := endRecorded(o.StateDir, o.Log); err != nil {
		o.Log.Warn("cannot look for what a killed supervisor left behind", "err", err)
	}
	s.orphans.end(inFamily(s.family))
	return s, nil
}

func lockDir(ctx context.Context, dir string) (*flock.Flock, error) {
	l := flock.New(filepath.Join(dir, ".supervisor.lock"), flock.SetPermissions(0o600))
	patient, cancel := context.WithTimeout(ctx, lockPatience)
	defer cancel()
	got, err := l.TryLockContext(patient, lockPatience/20)
	if err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return nil, fmt.Errorf("lock %s: %w", l.Path(), err)
	}
	if !got {
		return nil, fmt.Errorf("%w: another supervisor holds %s", ErrTwin, l.Path())
	}
	return l, nil
}

// family is a name for everything that belongs to a state folder, whatever way
// leads there.
func family(stateDir string) string {
	if abs, err := filepath.Abs(stateDir); err == nil {
		stateDir = abs
	}
	if real, err := filepath.EvalSymlinks(stateDir); err == nil {
		stateDir = real
	}
	sum := sha256.Sum256([]byte(stateDir))
	return hex.EncodeToString(sum[:6])
}

// Close ends what is needed for starting. The children have to be gone: those
// that are not are killed now.
func (s *Starter) Close() error {
	s.mu.Lock()
	threads, groups := s.threads, s.groups
	s.threads, s.groups = nil, nil
	s.mu.Unlock()
	if threads == nil {
		return nil
	}
	s.orphans.end(inFamily(s.family))
	s.orphans.close()
	for _, t := range threads {
		t.close()
	}
	if groups != nil {
		groups.close()
	}
	return s.lock.Unlock()
}
