package control

import (
	"encoding/json"
	"errors"
	"net/http"
	"sync"
	"time"
)

// keepAlive is how often a stream on which nothing happens says that it is
// still there, so that both ends notice when the other is not.
const keepAlive = 15 * time.Second

// Format is how the values of a stream follow each other.
type Format uint8

const (
	// Events are server-sent events: "data: JSON" and an empty line each.
	Events Format = iota
	// Lines are JSON values, one in each line.
	Lines
)

// ContentType is what the answer is called in HTTP.
func (f Format) ContentType() string {
	if f == Lines {
		return "application/x-ndjson"
	}
	return "text/event-stream"
}

// frame puts one value in JSON into the form of the stream.
func (f Format) frame(value []byte) []byte {
	if f == Lines {
		return append(value, '\n')
	}
	return append(append([]byte("data: "), value...), "\n\n"...)
}

// idle is what is sent when there is nothing to send: a comment, or an empty
// line.
func (f Format) idle() []byte {
	if f == Lines {
		return []byte("\n")
	}
	return []byte(": still here\n\n")
}

// StreamHandler answers with any number of values. It calls send for each, with
// nil to begin the answer when the first value may be long in coming, and
// returns when there are no more, when send fails because the asker is gone, or
// when the request's context ends. An error before the first value is answered
// as that of a [Handler]; a later one can only end the stream.
type StreamHandler func(r *http.Request, send func(value any) error) error

// HandleStream answers requests for pattern with a stream.
func (s *Server) HandleStream(pattern string, format Format, h StreamHandler) {
	s.HandleHTTP(pattern, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		st := &stream{w: w, format: format, control: http.NewResponseController(w)}
		stop := st.breathe()
		err := h(r, st.send)
		stop()
		if err != nil && !st.begun {
			WriteError(w, err)
		}
	}))
}

// stream is one answer under way.
type stream struct {
	w       http.ResponseWriter
	format  Format
	control *http.ResponseController

	mu    sync.Mutex // held while something is written
	begun bool
}

// send writes one value and makes sure that it leaves at once.
func (st *stream) send(value any) error {
	if value == nil {
		return st.write(nil)
	}
	data, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return st.write(st.format.frame(data))
}

func (st *stream) write(data []byte) error {
	st.mu.Lock()
	defer st.mu.Unlock()
	if !st.begun {
		st.begun = true
		st.w.Header().Set("Content-Type", st.format.ContentType())
		st.w.Header().Set("Cache-Control", "no-store")
	}
	if _, err := st.w.Write(data); err != nil {
		return err
	}
	if err := st.control.Flush(); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	return nil
}

// breathe keeps the stream alive until the function it returns has returned.
func (st *stream) breathe() (stop func()) {
	var done sync.WaitGroup
	ended := make(chan struct{})
	done.Go(func() {
		tick := time.NewTicker(keepAlive)
		defer tick.Stop()
		for {
			select {
			case <-ended:
				return
			case <-tick.C:
				if st.write(st.format.idle()) != nil {
					return // the handler learns it from its next send, or its context
				}
			}
		}
	})
	return func() { close(ended); done.Wait() }
}
