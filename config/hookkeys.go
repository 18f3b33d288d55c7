package config

import "time"

// The ranges of what a hook may say.
const (
	maxConcurrency                 = 64
	minHookTimeout, maxHookTimeout = time.Second, time.Hour
	minGiveUp, maxGiveUp           = time.Second, 30 * day
	maxBatch                       = 10_000
	maxCollect                     = day
	minHookQueue, maxHookQueue     = 100, 10_000_000
	hookExample                    = "[{command: [/usr/local/bin/purge, \"{file}\"]}]"
)

// hooks reads the list of hooks.
func (d *decoder) hooks(v value) {
	d.hooked = v.kind == list && len(v.items) > 0
	first := map[string]int{} // name to line
	v.list(hookExample, func(item value) {
		if !item.is(object, "write keys, as in "+hookExample[1:len(hookExample)-1]) {
			return
		}
		kind, ok := item.hookKind()
		if !ok {
			return
		}
		h := DefaultHook(kind)
		item.object(d.hookKeys(&h))
		d.checkHook(item, &h)
		if line, taken := first[h.Name]; taken {
			item.at("name").fail("give each a name of its own: name: TEXT", "the hook in line %d is called %q too", line, h.Name)
		}
		first[h.Name] = item.node.at.line
		d.m.Hooks = append(d.m.Hooks, h)
	})
}

// hookKind finds the one key that says what kind of hook it is.
func (v value) hookKind() (HookKind, bool) {
	kinds := []HookKind{HookCommand, HookHTTP, HookSocket, HookCDN, HookMail}
	var has []HookKind
	for _, k := range kinds {
		if v.has(string(k)) {
			has = append(has, k)
		}
	}
	switch len(has) {
	case 1:
		return has[0], true
	case 0:
		v.fail("add command:, http:, socket:, cdn: or mail:", "tells nobody")
	default:
		v.at(string(has[1])).fail("write a second hook with another name", "a hook has one of command, http, socket, cdn and mail, and %s is there already", has[0])
	}
	return "", false
}

// hookKeys returns the keys that a hook of any kind may have.
func (d *decoder) hookKeys(h *Hook) schema {
	return schema{
		{"name", func(v value) { v.readHookName(&h.Name) }},
		{"command", func(v value) { v.readArgv(&h.Command.Argv) }},
		{"stdin", func(v value) {
			v.readChoice(&h.Command.Stdin, HookFiles, HookPaths, HookJSON)
			h.Batch, h.Every = 1000, time.Second
		}},
		{"run_file", func(v value) { v.readBool(&h.Command.RunFile) }},
		{"http", func(v value) { v.short("url", httpKeys(&h.HTTP)) }},
		{"socket", func(v value) { v.short("to", socketKeys(&h.Socket)) }},
		{"cdn", func(v value) { v.object(cdnKeys(&h.CDN)) }},
		{"mail", func(v value) { v.object(mailKeys(&h.Mail)) }},
		{"after", func(v value) {
			after := "each"
			v.readChoice(&after, "each", "all")
			h.AfterAll = after == "all"
		}},
		{"on", func(v value) { v.readHookEvents(&h.Events) }},
		{"folders", func(v value) { v.readBool(&h.Folders) }},
		{"include", func(v value) { d.patterns(v, &h.Include) }},
		{"exclude", func(v value) { d.patterns(v, &h.Exclude) }},
		{"include_regex", func(v value) {
			v.list(`['/srv/www/.*\.php']`, func(item value) {
				var s string
				if item.readRegex(&s); s != "" {
					h.IncludeRegex = append(h.IncludeRegex, s)
				}
			})
		}},
		{"concurrency", func(v value) { v.readInt(&h.Concurrency, 1, maxConcurrency) }},
		{"timeout", func(v value) { v.readDuration(&h.Timeout, minHookTimeout, maxHookTimeout) }},
		{"give_up", func(v value) { v.readDuration(&h.GiveUp, minGiveUp, maxGiveUp) }},
		{"batch", func(v value) { v.readInt(&h.Batch, 1, maxBatch) }},
		{"every", func(v value) { v.readDuration(&h.Every, 0, maxCollect) }},
		{"queue", func(v value) { v.readInt(&h.Queue, minHookQueue, maxHookQueue) }},
	}
}

func httpKeys(h *HTTPHook) schema {
	return schema{
		{"url", func(v value) { v.readWebhook(&h.URL) }},
		{"format", func(v value) { v.readChoice(&h.Format, HookJSON, HookSersync) }},
		{"secret_file", func(v value) { v.readPath(&h.SecretFile) }},
		{"token_file", func(v value) { v.readPath(&h.TokenFile) }},
		{"ca_file", func(v value) { v.readPath(&h.CAFile) }},
	}
}

func socketKeys(s *SocketHook) schema {
	return schema{
		{"to", func(v value) { v.readSocket(s) }},
		{"format", func(v value) { v.readChoice(&s.Format, HookPath, HookJSON) }},
	}
}

func cdnKeys(c *CDNHook) schema {
	return schema{
		{"provider", func(v value) {
			v.readChoice(&c.Provider, CDNCloudflare, CDNFastly, CDNAliyun, CDNTencent, CDNSersync)
		}},
		{"base", func(v value) { v.readText(&c.Base) }},
		{"regex", func(v value) { v.readRegex(&c.Regex) }},
		{"zone", func(v value) { v.readIdentifier(&c.Zone) }},
		{"service", func(v value) { v.readIdentifier(&c.Service) }},
		{"key_id", func(v value) { v.readIdentifier(&c.KeyID) }},
		{"user", func(v value) { v.readText(&c.User) }},
		{"secret_file", func(v value) { v.readPath(&c.SecretFile) }},
		{"endpoint", func(v value) { v.readEndpoint(&c.Endpoint) }},
		{"ca_file", func(v value) { v.readPath(&c.CAFile) }},
	}
}

func mailKeys(m *MailHook) schema {
	return schema{
		{"to", func(v value) {
			v.list("[ops@example.com]", func(item value) {
				var s string
				if item.readAddress(&s); s != "" {
					m.To = append(m.To, s)
				}
			})
		}},
		{"from", func(v value) { v.readAddress(&m.From) }},
		{"subject", func(v value) { v.readText(&m.Subject) }},
		{"server", func(v value) { v.readMailServer(&m.Server) }},
		{"user", func(v value) { v.readText(&m.User) }},
		{"password_file", func(v value) { v.readPath(&m.PasswordFile) }},
		{"ca_file", func(v value) { v.readPath(&m.CAFile) }},
	}
}
