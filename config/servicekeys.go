package config

import (
	"log/slog"
	"net"
	"net/netip"
	"strconv"
	"time"
)

// The ranges of what syncsvc.yaml may say.
const (
	minDrain, maxDrain         = 0, 10 * time.Minute
	minHung, maxHung           = 5 * time.Second, time.Hour
	maxRsyncs, maxFullSyncs    = 10_000, 10_000
	minBandwidth, maxBandwidth = minBWLimit, maxBWLimit
	minLogSize, maxLogSize     = 64 << 10, 1 << 40
	maxLogKeep                 = 1000
)

// The values of Service.LogFormat.
const (
	LogAuto     = "auto" // text on a terminal, journald's prefixes where journald reads, else JSON
	LogText     = "text"
	LogJSON     = "json"
	LogJournald = "journald"
)

// serviceDefaults are written as they would be in the file.
func serviceDefaults() map[string]string {
	return map[string]string{
		"conf_dir":       "/etc/syncsvc/conf.d",
		"state_dir":      "/var/lib/syncsvc",
		"run_dir":        "/run/syncsvc",
		"log_dir":        "/var/log/syncsvc",
		"drain_timeout":  "10s",
		"log_level":      "info",
		"log_format":     LogAuto,
		"log_files":      "false",
		"log_size":       "20m",
		"log_keep":       "5",
		"max_rsyncs":     "off",
		"max_full_syncs": "off",
		"max_bandwidth":  "off",
		"hung_after":     "30s",
		"socket_group":   "",
		"listen":         "",
		"token_file":     "",
		"tls_cert":       "",
		"tls_key":        "",
	}
}

// scalarKeys are the settings that can be given anywhere.
func scalarKeys(s *Service) schema {
	return schema{
		{"conf_dir", func(v value) { v.readPath(&s.ConfDir) }},
		{"state_dir", func(v value) { v.readPath(&s.StateDir) }},
		{"run_dir", func(v value) { v.readPath(&s.RunDir) }},
		{"log_dir", func(v value) { v.readPath(&s.LogDir) }},
		{"drain_timeout", func(v value) { v.readDuration(&s.DrainTimeout, minDrain, maxDrain) }},
		{"log_level", func(v value) { v.readLevel(&s.LogLevel) }},
		{"log_format", func(v value) { v.readChoice(&s.LogFormat, LogAuto, LogText, LogJSON, LogJournald) }},
		{"log_files", func(v value) { v.readBool(&s.LogFiles.On) }},
		{"log_size", func(v value) { v.readLogSize(&s.LogFiles.Size) }},
		{"log_keep", func(v value) { v.readInt(&s.LogFiles.Keep, 1, maxLogKeep) }},
		{"max_rsyncs", func(v value) { v.readCount(&s.Budget.Rsyncs, maxRsyncs) }},
		{"max_full_syncs", func(v value) { v.readCount(&s.Budget.FullSyncs, maxFullSyncs) }},
		{"max_bandwidth", func(v value) { v.readSizeOrOff(&s.Budget.Bandwidth, minBandwidth, maxBandwidth) }},
		{"hung_after", func(v value) { v.readDuration(&s.HungAfter, minHung, maxHung) }},
		{"socket_group", func(v value) { v.optional(func(v value) { v.readGroup(&s.Control.Group) }) }},
		{"listen", func(v value) { v.optional(func(v value) { v.readListen(&s.Control.Listen) }) }},
		{"token_file", func(v value) { v.optional(func(v value) { v.readPath(&s.Control.TokenFile) }) }},
		{"tls_cert", func(v value) { v.optional(func(v value) { v.readPath(&s.Control.TLSCert) }) }},
		{"tls_key", func(v value) { v.optional(func(v value) { v.readPath(&s.Control.TLSKey) }) }},
	}
}

// serviceKeys are all settings; a list does not fit a variable or a flag.
func serviceKeys(s *Service) schema {
	return append(scalarKeys(s), key{"alerts", func(v value) { v.alerts(&s.Alerts) }})
}

// optional reads what may be switched off by an empty text.
func (v value) optional(read func(value)) {
	if v.kind != text || v.node.text != "" {
		read(v)
	}
}

func (v value) readLevel(to *slog.Level) {
	name := "info"
	v.readChoice(&name, "debug", "info", "warn", "error")
	if err := to.UnmarshalText([]byte(name)); err != nil {
		v.fail("", "%v", err)
	}
}

// readCount reads a number of things at once; 0 and "off" are no limit.
func (v value) readCount(to *int, hi int) {
	if v.kind == text && v.node.text == "off" {
		*to = 0
		return
	}
	v.readInt(to, 0, hi)
}

// readLogSize reads a size that cannot be nothing.
func (v value) readLogSize(to *int64) {
	n := int64(-1)
	v.readSize(&n, minLogSize, maxLogSize)
	if n == 0 {
		v.fail("", "%s is out of range %s..%s", v.node.text, formatSize(minLogSize), formatSize(maxLogSize))
	}
	*to = n
}

func (v value) readGroup(to *string) {
	s, ok := v.scalar()
	if !ok {
		return
	}
	if !account.MatchString(s) {
		v.fail("write the name of a group of this machine, as in /etc/group", "%q is not a group's name", s)
		return
	}
	*to = s
}

// readListen reads host:port.
func (v value) readListen(to *string) {
	const hint = "write host:port, as in 127.0.0.1:8730 or [::1]:8730"
	s, ok := v.scalar()
	if !ok {
		return
	}
	host, port, err := net.SplitHostPort(s)
	n, numErr := strconv.ParseUint(port, 10, 16)
	switch {
	case err != nil:
		v.fail(hint, "%q is not host:port", s)
	case numErr != nil:
		v.fail(hint, "port %q is out of range 0..65535", port)
	case host != "" && !hostName.MatchString(host) && !isAddress(host):
		v.fail(hint, "%q is not a host name", host)
	default:
		*to = net.JoinHostPort(host, strconv.FormatUint(n, 10))
	}
}

func isAddress(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil
}
