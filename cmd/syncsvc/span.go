package main

import (
	"time"

	"github.com/syncsvc/syncsvc/config"
)

// span is a flag that takes a time in the words of configuration files: 1d,
// 1h30m, and a whole number of seconds.
type span struct{ to *time.Duration }

func (s span) String() string {
	if s.to == nil {
		return ""
	}
	return config.FormatDuration(*s.to)
}

func (s span) Set(text string) (err error) {
	*s.to, err = config.ParseDuration(text)
	return err
}

func (s span) Type() string { return "time" }
