package checkpoint

import (
	"cmp"
	"fmt"
	"os"
	"strconv"
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
	Wall time.Time `json:"wall"`
	// Boot is the time since the machine started, sleep included. Nobody can
	// set it, so Wall and Boot together show every step of the clock.
	Boot time.Duration `json:"boot_ns"`
	// BootID tells one start of the machine from another.
	BootID string `json:"boot_id"`
	// Up is how long process 1 has been running, 0 where that can't be seen. In a
	// container that is less than Boot, which is the host's, while nspawn and
	// LXC give every start of a container a BootID of its own. No file keeps it.
	Up time.Duration `json:"-"`
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
		Up:     upSince(time.Duration(boot.Nano())),
	}, nil
}

// upSince returns how long process 1 has been running, that long after the
// machine started, or 0 if it is another user's secret.
func upSince(boot time.Duration) time.Duration {
	const start, tick = 22, 10 * time.Millisecond // see proc(5)
	stat, _ := os.ReadFile("/proc/1/stat")
	_, name, _ := strings.Cut(string(stat), "(")
	fields := strings.Fields(name[strings.LastIndexByte(name, ')')+1:]) // from the third on
	if len(fields) <= start-3 {
		return 0
	}
	ticks, err := strconv.ParseInt(fields[start-3], 10, 64)
	if err != nil {
		return 0
	}
	return max(0, boot-time.Duration(ticks)*tick)
}

// started returns what the time of day was, by today's setting of the clock,
// when the machine started.
func (c Clock) started() time.Time { return c.Wall.Add(-c.Boot) }

// cameUp is started for what has a BootID of its own: machine or container.
func (c Clock) cameUp() time.Time { return c.Wall.Add(-cmp.Or(c.Up, c.Boot)) }

// steppedBack reports whether the clock was set back between c and now. It
// cannot see a step back that was undone before now.
func (c Clock) steppedBack(now Clock) bool {
	if c.BootID == now.BootID {
		return now.started().Before(c.started().Add(-maxStep)) // it is the same start
	}
	return now.cameUp().Before(c.Wall.Add(-maxStep)) // it is a later one
}
