package scan

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/syncsvc/syncsvc/change"
)

// otherUser tells the test binary to walk the folder open as descriptor 3 and
// print what it found, see TestUnreadableFolderStaysOwed.
const otherUser = "SYNCSVC_SCAN_AS_OTHER_USER"

func TestMain(m *testing.M) {
	if os.Getenv(otherUser) != "" {
		if err := walkAsOtherUser(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

// report is what the other user saw.
type report struct {
	Stats   Stats
	Changes []change.Change
}

func walkAsOtherUser() error {
	var r report
	var err error
	o := Options{Root: "/proc/self/fd/3", Since: time.Now().Add(time.Hour)}
	r.Stats, err = Walk(context.Background(), o, func(batch []change.Change) error {
		r.Changes = append(r.Changes, batch...)
		return nil
	})
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(r)
}
