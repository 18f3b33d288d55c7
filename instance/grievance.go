package instance

import (
	"context"
	"log/slog"
	"sync"
)

// grievance is something that goes wrong again and again. It is logged when it
// begins, when its cause becomes another, and when it is over. The zero value
// is ready; it is safe for concurrent use.
type grievance struct {
	mu    sync.Mutex
	cause string
	times int
}

// again logs that it went wrong, unless that is known.
func (g *grievance) again(log *slog.Logger, level slog.Level, text string, err error, more ...any) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.times++
	if err.Error() == g.cause {
		return
	}
	g.cause = err.Error()
	log.Log(context.Background(), level, text, append([]any{"err", err}, more...)...)
}

// known reports whether it went wrong the last time.
func (g *grievance) known() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.times > 0
}

// over logs that it went well, if that is news.
func (g *grievance) over(log *slog.Logger, text string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.times > 0 {
		log.Info(text, "failures", g.times)
	}
	g.cause, g.times = "", 0
}
