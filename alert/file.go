package alert

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/google/renameio/v2"
)

// fileVersion is raised when what is in the file means something else.
const fileVersion = 1

// saved is the file that outlives the process.
type saved struct {
	Version int                  `json:"version"`
	Raised  []savedTrouble       `json:"raised"`
	Waiting map[string][]Message `json:"waiting,omitempty"` // by rule
}

type savedTrouble struct {
	key
	trouble
}

// load takes over what was raised and what was not sent. Rules that are no
// more are passed over.
func (a *Alerts) load() error {
	text, err := os.ReadFile(a.o.File)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read what was raised: %w", err)
	}
	var s saved
	if err := json.Unmarshal(text, &s); err != nil {
		return fmt.Errorf("read what was raised: %s: %w", a.o.File, err)
	}
	if s.Version != fileVersion {
		return fmt.Errorf("read what was raised: %s is of version %d", a.o.File, s.Version)
	}
	for _, t := range s.Raised {
		if _, ok := a.boxes[t.Rule]; ok {
			a.evaluator.troubles[t.key] = &t.trouble
		}
	}
	for rule, list := range s.Waiting {
		box, ok := a.boxes[rule]
		if !ok {
			continue
		}
		for _, m := range list {
			box.put(m)
		}
	}
	return nil
}

// save writes what load reads; a.mu is held. Troubles that are not told yet
// are found again.
func (a *Alerts) save() error {
	s := saved{Version: fileVersion, Waiting: map[string][]Message{}}
	for k, t := range a.evaluator.troubles {
		if t.Raised {
			s.Raised = append(s.Raised, savedTrouble{k, *t})
		}
	}
	for name, box := range a.boxes {
		if len(box.waiting) > 0 {
			s.Waiting[name] = box.waiting
		}
	}
	text, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("save what is raised: %w", err)
	}
	if err := renameio.WriteFile(a.o.File, append(text, '\n'), 0o600); err != nil {
		return fmt.Errorf("save what is raised: %w", err)
	}
	return nil
}
