package instance

import (
	"errors"
	"io/fs"
	"net/http"
	"slices"
	"sync"

	"github.com/syncsvc/syncsvc/checkpoint"
	"github.com/syncsvc/syncsvc/control"
)

// statePaused is the name under which the paused targets are kept: a pause
// lasts until somebody ends it, not until the next restart.
const statePaused = "paused"

// pauses are the targets that somebody has paused, those that the module does
// not have at the moment included.
type pauses struct {
	mu   sync.Mutex // guards urls, and is held while they are saved
	urls []string
}

// keptPauses is how they are kept on disk.
type keptPauses struct {
	Targets []string `json:"targets"`
}

func (p *pauses) holds(url string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Contains(p.urls, url)
}

// set pauses or resumes targets, on disk first.
func (p *pauses) set(store *checkpoint.Store, on bool, urls ...string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	kept := slices.DeleteFunc(slices.Clone(p.urls), func(u string) bool { return slices.Contains(urls, u) })
	if on {
		kept = append(kept, urls...)
	}
	if err := store.SaveState(statePaused, keptPauses{kept}); err != nil {
		return err
	}
	p.urls = kept
	return nil
}

// rememberPauses loads what an earlier life of the module was told.
func (in *instance) rememberPauses() error {
	var kept keptPauses
	err := in.store.LoadState(statePaused, &kept)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case errors.Is(err, checkpoint.ErrCorrupt):
		in.Log.Warn("which targets were paused can't be read any more, so none is", "err", err)
		return nil
	}
	in.pauses.urls = kept.Targets
	return err
}

func (in *instance) handlePause(r *http.Request, on bool) (any, error) {
	var req control.TargetRequest
	if err := control.Decode(r, &req); err != nil {
		return nil, err
	}
	targets, err := in.choose(req.Target)
	if err != nil {
		return nil, err
	}
	var urls []string
	for _, t := range targets {
		urls = append(urls, t.name)
	}
	if err := in.pauses.set(in.store, on, urls...); err != nil {
		return nil, err
	}
	for _, t := range targets {
		t.setPaused(on)
	}
	if on {
		return control.Answer{Message: "paused, also after a restart; changes are collected, transfers under way go on"}, nil
	}
	return control.Answer{Message: "resumed"}, nil
}

func (t *target) setPaused(on bool) {
	defer t.nudge()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.paused = on
}
