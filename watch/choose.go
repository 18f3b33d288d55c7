package watch

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// choose makes the source: the one asked for, or the next best that works.
func (w *Watcher) choose(ctx context.Context, ask Backend, most int) error {
	magic, err := fsMagic(w.site.real)
	if err != nil {
		return err
	}
	kind, remote := isRemote(magic)
	switch {
	case ask == Poll:
		return w.settleOn(newBlind(w.site, w.begun), "")
	case remote:
		return w.settleOn(newBlind(w.site, w.begun), "changes of a "+kind+" file system are not all seen by our kernel")
	case ask == Fanotify:
		return w.chooseFanotify(ctx)
	case ask == Inotify:
		return w.chooseInotify(ctx, 0, "")
	case ask == Auto:
		return w.chooseInotify(ctx, most, "")
	}
	return fmt.Errorf("unknown backend %q", ask)
}

func (w *Watcher) settleOn(s source, why string) error {
	w.src, w.why = s, why
	return nil
}

func (w *Watcher) chooseFanotify(ctx context.Context) error {
	f, err := newFanotify(w.site, w.digest)
	if err == nil {
		return w.settleOn(f, "")
	}
	w.tried = true
	return w.chooseInotify(ctx, 0, "fanotify refused: "+err.Error())
}

// chooseInotify arms inotify. Once it has taken most watches, if that is not 0,
// it stops to see whether fanotify works instead.
func (w *Watcher) chooseInotify(ctx context.Context, most int, why string) error {
	n, err := newInotify(w.site, w.digest, w.digest.on)
	if err != nil {
		return w.withoutInotify(err, why)
	}
	w.tried = most == 0
	w.src, w.why = n, why
	if err = n.arm(ctx, most); !errors.Is(err, errManyFolders) {
		return err
	}
	if err = w.changeTo(n, "the tree has too many folders for inotify"); err == nil {
		return nil
	}
	w.why = "many folders, but fanotify refused: " + err.Error()
	return n.arm(ctx, 0)
}

// withoutInotify is the choice that is left when there is no instance to be had.
func (w *Watcher) withoutInotify(err error, why string) error {
	if errors.Is(err, unix.EMFILE) {
		err = fmt.Errorf("%w: %s", err, instanceLimitHint())
	}
	refused := "inotify refused: " + err.Error()
	if why == "" {
		var f *fanotify
		if f, err = newFanotify(w.site, w.digest); err == nil {
			return w.settleOn(f, refused)
		}
		why = "fanotify refused: " + err.Error()
	}
	w.site.log.Warn("the tree is polled", "why", refused+"; "+why)
	return w.settleOn(newBlind(w.site, w.begun), refused+"; "+why)
}

// changeTo replaces inotify by fanotify, if that works. Everything that
// happened since the queue was last empty has to be looked for then.
func (w *Watcher) changeTo(n *inotify, why string) error {
	w.tried = true
	f, err := newFanotify(w.site, w.digest)
	if err != nil {
		return err
	}
	for _, path := range w.site.polls.paths() {
		if w.site.polls.folders[path].retry {
			w.site.polls.drop(path)
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.src, w.why = f, why
	return n.close()
}

// replaceExhausted tries, once, whether fanotify can take over from an inotify
// that has run out of watches.
func (w *Watcher) replaceExhausted() {
	n, ok := w.src.(*inotify)
	if !ok || !n.exhausted || w.tried {
		return
	}
	since := earlier(w.drained, n.oldest())
	if err := w.changeTo(n, "out of watches"); err != nil {
		w.why = "out of watches, but fanotify refused: " + err.Error()
		w.site.log.Warn("fanotify cannot take over", "err", err)
		return
	}
	w.site.log.Info("out of watches: fanotify takes over")
	w.tellScan(since)
}
