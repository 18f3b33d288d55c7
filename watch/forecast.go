package watch

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// Forecast is which backend [Open] would choose for a tree.
type Forecast struct {
	// Backend is never Auto.
	Backend Backend
	// Why says why it is not the obvious one; "" when it is.
	Why string
	// Hint is the sysctl that would make room when folders would have to be
	// polled; "" when none would.
	Hint string
}

// Foresee tells what Open would choose for the tree at root, which has so many
// folders, when so many watches are free. It arms nothing.
func Foresee(root string, ask Backend, folders, free int) (Forecast, error) {
	magic, err := fsMagic(root)
	if err != nil {
		return Forecast{}, err
	}
	kind, remote := isRemote(magic)
	switch {
	case ask == Poll:
		return Forecast{Backend: Poll}, nil
	case remote:
		return Forecast{Backend: Poll, Why: "changes of a " + kind + " file system are not all seen by our kernel"}, nil
	case ask == Fanotify:
		refused := foreseeFanotify(root)
		if refused == nil {
			return Forecast{Backend: Fanotify}, nil
		}
		return foreseeInotify(folders, free, "fanotify refused: "+refused.Error()), nil
	}
	if err := tryInotify(); err != nil {
		return foreseeWithout(root, err), nil
	}
	if ask == Inotify || folders <= min(free, watchesToTry()) {
		return foreseeInotify(folders, free, ""), nil
	}
	if refused := foreseeFanotify(root); refused != nil {
		return foreseeInotify(folders, free, "many folders, but fanotify refused: "+refused.Error()), nil
	}
	return Forecast{Backend: Fanotify, Why: "the tree has too many folders for inotify"}, nil
}

func foreseeInotify(folders, free int, why string) Forecast {
	f := Forecast{Backend: Inotify, Why: why}
	if folders > free {
		_, limit := watchLimit()
		f.Hint = watchLimitHint(folders + max(0, limit-free))
	}
	return f
}

// foreseeWithout is the choice when there is no inotify instance to be had.
func foreseeWithout(root string, err error) Forecast {
	f := Forecast{Backend: Fanotify, Why: "inotify refused: " + err.Error(), Hint: instanceLimitHint()}
	if refused := foreseeFanotify(root); refused != nil {
		f.Backend, f.Why = Poll, f.Why+"; fanotify refused: "+refused.Error()
	}
	return f
}

func tryInotify() error {
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC)
	if err != nil {
		return os.NewSyscallError("inotify_init1", err)
	}
	return unix.Close(fd)
}

func foreseeFanotify(root string) error {
	real, err := filepath.EvalSymlinks(root)
	if err != nil {
		return fmt.Errorf("look at the root: %w", err)
	}
	s := &site{root: filepath.Clean(root), real: real, polls: newPolls(DefaultPollEvery), log: slog.New(slog.DiscardHandler)}
	if s.mounts, err = openMounts(s); err != nil {
		return err
	}
	defer s.mounts.close()
	return probe(s)
}
