package supervisor

import (
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/syncsvc/syncsvc/control"
)

func TestPatienceChangesForTheChildThatRuns(t *testing.T) {
	w := keep(t, "good", func(o *keeperOptions) { o.HungAfter = time.Hour })
	s := w.untilState(control.Live)
	if err := unix.Kill(s.Pid, unix.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	w.setHungAfter(5 * time.Second)
	if d := w.untilDead(); !strings.HasPrefix(d.Cause, "no sign of life for ") {
		t.Errorf("cause is %q", d.Cause)
	}
}
