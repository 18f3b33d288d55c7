package checkpoint

import (
	"fmt"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// writer tells the test binary to save marks in the folder it names, one after
// the other, until it is killed; see TestKilledWhileSaving.
const writer = "SYNCSVC_CHECKPOINT_WRITER"

func TestMain(m *testing.M) {
	if dir := os.Getenv(writer); dir != "" {
		fmt.Fprintln(os.Stderr, saveForever(dir))
		os.Exit(1)
	}
	goleak.VerifyTestMain(m)
}

// saveForever prints each moment, in seconds, when it is safe.
func saveForever(dir string) error {
	s, err := Open(dir)
	if err != nil {
		return err
	}
	first := int64(0)
	if m, err := s.Load(target); err == nil {
		first = m.Upto.Unix()
	}
	for i := first + 1; ; i++ {
		if err := s.SaveFailures(target, make([]Failure, i%50)); err != nil {
			return err
		}
		if err := s.Save(target, markAt(time.Unix(i, 0))); err != nil {
			return err
		}
		fmt.Println(i)
	}
}
