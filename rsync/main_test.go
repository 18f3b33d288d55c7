package rsync

import (
	"flag"
	"os"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	becomeVictim()
	if os.Getenv("SYNCSVC_LONG") == "" {
		// Every check of a property here is several runs of rsync.
		_ = flag.Set("rapid.checks", "25")
	}
	goleak.VerifyTestMain(m)
}
