package config

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
)

// Fingerprint returns a short text that is the same for two modules exactly
// when they mean the same, however their files are written. A reload restarts
// a module when it differs.
func (m *Module) Fingerprint() string {
	h := sha256.New()
	put(h, "name", m.Name)
	m.putContent(h)
	put(h, "threads", m.Threads)
	put(h, "full_sync", string(m.FullSync))
	put(h, "backend", m.Backend)
	put(h, "poll_every", int64(m.PollEvery))
	put(h, "settle", int64(m.Settle.Quiet), int64(m.Settle.AtMost))
	put(h, "fail_log", m.FailLog.Path, int64(m.FailLog.RetryEvery), string(m.FailLog.Format))
	put(h, "schedule", m.Schedule.String(), m.CompareExclude)
	m.putProcess(h)
	for i := range m.Hooks {
		m.Hooks[i].put(h)
	}
	for i := range m.Targets {
		t := &m.Targets[i]
		t.putContent(h)
		t.putReach(h)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// putProcess writes how the module's processes run.
func (m *Module) putProcess(h io.Writer) {
	p := m.Process
	put(h, "enabled", m.Enabled, m.Priority)
	put(h, "process", p.Nice, p.IONice.Class, p.IONice.Level, p.OOMScoreAdjust, p.MemoryMax, p.User, p.WholeInstance)
	level := "as the service"
	if m.LogLevel != nil {
		level = m.LogLevel.String()
	}
	put(h, "log_level", level)
}

// ContentFingerprint returns a short text that changes when what t should hold
// may have changed without the tree having done so: with other filters, other
// arguments for rsync, or events that are now followed. Everything has to be
// compared then. What only concerns how t is reached does not change it.
func (m *Module) ContentFingerprint(t *Target) string {
	h := sha256.New()
	m.putContent(h)
	t.putContent(h)
	return hex.EncodeToString(h.Sum(nil))
}

// putContent writes what decides which entries are mirrored. Merge rules and
// exclude_from count with what their files said when the module was loaded.
func (m *Module) putContent(h io.Writer) {
	put(h, "watch", m.Watch)
	put(h, "filter", m.Filter.Fingerprint())
	e := m.Events
	put(h, "events", e.CreateFile, e.CreateFolder, e.CloseWrite, e.Modify, e.Attrib, e.Delete, e.MoveFrom, e.MoveTo)
}

// putContent writes what decides how an entry looks on the target.
func (t *Target) putContent(h io.Writer) {
	put(h, "url", t.URL)
	put(h, "args", t.Rsync.Args)
	put(h, "delete", t.Delete)
}

// putReach writes how the target is reached and how it is treated.
func (t *Target) putReach(h io.Writer) {
	put(h, "password_file", t.PasswordFile)
	put(h, "ssh", t.SSH.IdentityFile, t.SSH.KnownHosts, t.SSH.Options)
	put(h, "program", t.Rsync.Program, t.Rsync.PartialDir)
	put(h, "times", int64(t.Rsync.Timeout), int64(t.Rsync.ConnectTimeout))
	put(h, "rate", t.Rsync.BWLimit, t.Rsync.Compress)
	put(h, "max_delete", t.MaxDelete.Off, t.MaxDelete.Count, t.MaxDelete.Percent, t.MaxDelete.Set)
}

// put writes values so that no two different lists of them look the same.
// Texts are quoted byte by byte, because they need not be UTF-8.
func put(h io.Writer, key string, values ...any) {
	fmt.Fprint(h, key)
	for _, v := range values {
		switch v.(type) {
		case string, []string:
			fmt.Fprintf(h, " %q", v)
		default:
			fmt.Fprintf(h, " %v", v)
		}
	}
	fmt.Fprintln(h)
}
