package config

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"
)

// hookDiffs are the keys of a hook. A change of any takes a new process, which
// goes on with what waits to be told.
func hookDiffs() []diffKey[*Hook] {
	k := func(name string, text func(*Hook) string) diffKey[*Hook] { return diffKey[*Hook]{name, Restart, text} }
	return []diffKey[*Hook]{
		k("name", func(h *Hook) string { return h.Name }),
		k("kind", func(h *Hook) string { return string(h.Kind) }),
		k("after", func(h *Hook) string { return map[bool]string{false: "each", true: "all"}[h.AfterAll] }),
		k("on", func(h *Hook) string { return hookEventsText(h.Events) }),
		k("folders", func(h *Hook) string { return strconv.FormatBool(h.Folders) }),
		k("include", func(h *Hook) string { return wordsText(h.Include) }),
		k("exclude", func(h *Hook) string { return wordsText(h.Exclude) }),
		k("include_regex", func(h *Hook) string { return wordsText(h.IncludeRegex) }),
		k("concurrency", func(h *Hook) string { return strconv.Itoa(h.Concurrency) }),
		k("timeout", func(h *Hook) string { return formatDuration(h.Timeout) }),
		k("give_up", func(h *Hook) string { return formatDuration(h.GiveUp) }),
		k("batch", func(h *Hook) string { return strconv.Itoa(h.Batch) }),
		k("every", func(h *Hook) string { return formatDuration(h.Every) }),
		k("queue", func(h *Hook) string { return strconv.Itoa(h.Queue) }),
		k("command", func(h *Hook) string { return wordsText(h.Command.Argv) }),
		k("stdin", func(h *Hook) string { return h.Command.Stdin }),
		k("run_file", func(h *Hook) string { return strconv.FormatBool(h.Command.RunFile) }),
		k("http.url", func(h *Hook) string { return discreet(h.HTTP.URL) }),
		k("http.format", func(h *Hook) string { return h.HTTP.Format }),
		k("http.secret_file", func(h *Hook) string { return h.HTTP.SecretFile }),
		k("http.token_file", func(h *Hook) string { return h.HTTP.TokenFile }),
		k("http.ca_file", func(h *Hook) string { return h.HTTP.CAFile }),
		k("socket.to", func(h *Hook) string { return h.Socket.Network + "://" + h.Socket.Address }),
		k("socket.format", func(h *Hook) string { return h.Socket.Format }),
		k("cdn.provider", func(h *Hook) string { return h.CDN.Provider }),
		k("cdn.base", func(h *Hook) string { return h.CDN.Base }),
		k("cdn.regex", func(h *Hook) string { return h.CDN.Regex }),
		k("cdn.zone", func(h *Hook) string { return h.CDN.Zone }),
		k("cdn.service", func(h *Hook) string { return h.CDN.Service }),
		k("cdn.key_id", func(h *Hook) string { return h.CDN.KeyID }),
		k("cdn.user", func(h *Hook) string { return h.CDN.User }),
		k("cdn.secret_file", func(h *Hook) string { return h.CDN.SecretFile }),
		k("cdn.passwd", func(h *Hook) string { return digest(h.CDN.Password) }),
		k("cdn.endpoint", func(h *Hook) string { return h.CDN.Endpoint }),
		k("cdn.ca_file", func(h *Hook) string { return h.CDN.CAFile }),
		k("mail.to", func(h *Hook) string { return wordsText(h.Mail.To) }),
		k("mail.from", func(h *Hook) string { return h.Mail.From }),
		k("mail.subject", func(h *Hook) string { return h.Mail.Subject }),
		k("mail.server", func(h *Hook) string { return h.Mail.Server }),
		k("mail.user", func(h *Hook) string { return h.Mail.User }),
		k("mail.password_file", func(h *Hook) string { return h.Mail.PasswordFile }),
		k("mail.ca_file", func(h *Hook) string { return h.Mail.CAFile }),
	}
}

// compareHooks tells which hooks came and went, and how the others differ.
func (d *Difference) compareHooks(old, now *Module) {
	d.note("hooks", Restart, strings.Join(hookNames(old), " "), strings.Join(hookNames(now), " "))
	for i := range now.Hooks {
		h := &now.Hooks[i]
		for j := range old.Hooks {
			if was := &old.Hooks[j]; was.Name == h.Name {
				for _, k := range hookDiffs() {
					d.note("hooks."+h.Name+"."+k.name, k.effect, k.text(was), k.text(h))
				}
			}
		}
	}
}

func hookNames(m *Module) []string {
	var names []string
	for _, h := range m.Hooks {
		names = append(names, h.Name)
	}
	return names
}

// put writes everything that a hook is.
func (h *Hook) put(to io.Writer) {
	for _, k := range hookDiffs() {
		put(to, "hook."+k.name, k.text(h))
	}
}

func hookEventsText(e HookEvents) string {
	var on []string
	for _, event := range []struct {
		name string
		on   bool
	}{{"sent", e.Sent}, {"deleted", e.Deleted}, {"renamed", e.Renamed}} {
		if event.on {
			on = append(on, event.name)
		}
	}
	return strings.Join(on, " ")
}

// discreet shows of a URL that may hold a secret only where it leads, and that
// it is another than before.
func discreet(s string) string {
	if s == "" {
		return ""
	}
	u, err := url.Parse(s)
	if err != nil {
		return digest(s)
	}
	return fmt.Sprintf("%s://%s/… (%s)", u.Scheme, u.Host, digest(s))
}

// digest tells secrets apart without showing them.
func digest(secret string) string {
	if secret == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(secret))
	return "#" + hex.EncodeToString(sum[:4])
}
