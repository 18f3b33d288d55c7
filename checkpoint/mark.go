package checkpoint

import (
	"errors"
	"fmt"
	"time"
)

// Mark says up to which moment a target has everything, and under which
// circumstances that is true.
type Mark struct {
	// Upto is the moment, in the kernel's clock: the target has everything that
	// changed before it, except for what is on its fail list.
	Upto time.Time
	// Source identifies the tree; another one at the same path has another.
	Source string
	// Settings is a fingerprint of all that decides what ends up on the target:
	// filters, rsync arguments, the target itself.
	Settings string
	// Clock is when the mark was made, see Now.
	Clock Clock
}

// Trusted returns nil when the target lacks nothing but what changed since
// m.Upto, or else the reason why it may lack anything, which calls for a full
// sync. The clock and the identities are those of now.
func (m Mark) Trusted(now Clock, source, settings string) error {
	switch {
	case m.Upto.IsZero():
		return errors.New("nothing was ever synced")
	case m.Source != source:
		return errors.New("source replaced")
	case m.Settings != settings:
		return errors.New("filters or rsync arguments changed")
	case m.Clock.steppedBack(now) || now.Wall.Before(m.Upto.Add(-maxStep)):
		return errors.New("the clock stepped back")
	}
	return nil
}

// covers reports that a later mark says nothing new.
func (m Mark) covers(later Mark) bool {
	return !later.Upto.After(m.Upto) && m.Trusted(later.Clock, later.Source, later.Settings) == nil
}

// wireMark is a mark in a file.
type wireMark struct {
	Upto     time.Time `json:"upto"`
	Source   text      `json:"source"`
	Settings text      `json:"settings"`
	Wall     time.Time `json:"wall"`
	Boot     int64     `json:"boot_ns"`
	BootID   text      `json:"boot_id"`
}

func encodeMark(m Mark) ([]byte, error) {
	if m.Upto.IsZero() || m.Clock.Wall.IsZero() {
		return nil, fmt.Errorf("mark without a moment or a clock: %+v", m)
	}
	return marshal(wireMark{
		Upto:     m.Upto.UTC(),
		Source:   text(m.Source),
		Settings: text(m.Settings),
		Wall:     m.Clock.Wall.UTC(),
		Boot:     int64(m.Clock.Boot),
		BootID:   text(m.Clock.BootID),
	})
}

func decodeMark(body []byte) (Mark, error) {
	var w wireMark
	if err := unmarshal(body, &w); err != nil {
		return Mark{}, err
	}
	if w.Upto.IsZero() || w.Wall.IsZero() {
		return Mark{}, fmt.Errorf("%w: no moment", ErrCorrupt)
	}
	return Mark{
		Upto:     w.Upto.UTC(),
		Source:   string(w.Source),
		Settings: string(w.Settings),
		Clock:    Clock{Wall: w.Wall.UTC(), Boot: time.Duration(w.Boot), BootID: string(w.BootID)},
	}, nil
}
