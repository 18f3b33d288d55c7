package service

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"testing"

	"go.uber.org/goleak"

	"github.com/syncsvc/syncsvc/control"
)

var update = flag.Bool("update", false, "write the texts in packaging/init anew")

// TestMain is also the service itself, for the fake init systems to start.
func TestMain(m *testing.M) {
	if socket := os.Getenv("SERVICE_TEST_SOCKET"); socket != "" {
		if err := answerAt(socket); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

// answerAt answers as a supervisor does, until it is asked to end.
func answerAt(socket string) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	s, err := control.Listen(ctx, socket, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	s.Handle("GET /v1/version", func(*http.Request) (any, error) {
		return control.Version{Version: "9.9", Pid: os.Getpid()}, nil
	})
	return s.Run(ctx)
}
