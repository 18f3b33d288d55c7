package instance

import (
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"github.com/syncsvc/syncsvc/control"
)

// logAsConfigured logs from the level on that the module file names, else from
// that of the service.
func (in *instance) logAsConfigured() {
	if in.Level == nil {
		return
	}
	level := in.usual
	if own := in.module().LogLevel; own != nil {
		level = *own
	}
	in.Level.Set(level)
}

// logLevel is the level in force; "" when it is not known.
func (in *instance) logLevel() string {
	if in.Level == nil {
		return ""
	}
	return strings.ToLower(in.Level.Level().String())
}

// handleLogLevel changes the level until the module's process ends.
func (in *instance) handleLogLevel(r *http.Request) (any, error) {
	var req control.LogLevel
	if err := control.Decode(r, &req); err != nil {
		return nil, err
	}
	if in.Level == nil {
		return nil, &control.Failed{Status: http.StatusConflict, Err: fmt.Errorf("the log level of module %q can't be changed", in.module().Name)}
	}
	var level slog.Level
	switch strings.ToLower(req.Level) {
	case "":
		in.logAsConfigured()
		return control.Answer{Message: "logs from " + in.logLevel() + " on, as configured"}, nil
	case "debug", "info", "warn", "error":
		_ = level.UnmarshalText([]byte(req.Level)) // those are known
	default:
		return nil, &control.Failed{
			Status: http.StatusBadRequest, Err: fmt.Errorf("%q is no log level", req.Level),
			Hint: "use debug, info, warn or error",
		}
	}
	in.Level.Set(level)
	in.Log.Info("log level set", "level", in.logLevel())
	return control.Answer{Message: "logs from " + in.logLevel() + " on, until the module is restarted"}, nil
}
