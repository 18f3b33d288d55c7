package checkpoint

import (
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// maxStep is how far the clock may have been set back without harm. A leap
// second or a nudge by a time daemon is no reason for a full sync, and every
// scan starts 2 s early.
const maxStep = time.Second

// Clock is what tells later whether the clock was set back meanwhile: then a
// change may carry a time before the moment up to which all was sent.
type Clock struct {
	// Wall is the time of day.
	Wall time.Time
	// Boot is the time since the machine started, sleep included. Nobody can
	// set it, so Wall and Boot together show every step of the clock.
	Boot time.Duration
	// BootID tells one start of the machine from another.
	BootID string
}

// Now reads the clocks.
func Now() (Clock, error) {
	id, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return Clock{}, fmt.Errorf("read clocks: %w", err)
	}
	var boot unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &boot); err != nil {
		return Clock{}, fmt.Errorf("read clocks: %w", err)
	}
	return Clock{
		Wall:   time.Now().Round(0).UTC(), // without Go's monotonic part, which no file can keep
		Boot:   time.Duration(boot.Nano()),
		BootID: strings.TrimSpace(string(id)),
	}, nil
}

// started returns what the time of day was, by today's setting of the clock,
// when the machine started.
func (c Clock) started() time.Time { return c.Wall.Add(-c.Boot) }

// steppedBack reports whether the clock was set back between c and now. It
// cannot see a step back that was undone before now.
func (c Clock) steppedBack(now Clock) bool {
	earliest := c.Wall // a machine started again has started later than that
	if c.BootID == now.BootID {
		earliest = c.started() // and this one has started when it did
	}
	return now.started().Before(earliest.Add(-maxStep))
}
