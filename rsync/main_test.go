package rsync

import (
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	becomeVictim()
	goleak.VerifyTestMain(m)
}
