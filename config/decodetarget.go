package config

import (
	"fmt"
	"regexp"
	"strings"
)

// targets reads the list of targets. What cannot be read is left out of the
// module, which is not returned in that case.
func (d *decoder) targets(v value) {
	if v.kind == null || (v.kind == list && len(v.items) == 0) {
		v.fail("", "a module needs at least one target")
	}
	v.list(`["rsync://backup@10.0.0.8/www"]`, func(item value) {
		t := d.base
		var ok bool
		switch item.kind {
		case object:
			ok = d.targetObject(item, &t)
		default:
			ok = d.targetURL(item, &t)
		}
		if ok {
			d.m.Targets = append(d.m.Targets, t)
			d.keys = append(d.keys, item.key)
		}
	})
}

// targetURL reads where a target is, and nothing else.
func (d *decoder) targetURL(v value, t *Target) bool {
	s, ok := v.word()
	if !ok {
		return false
	}
	where, bad := parseURL(s, d.home)
	if v.refuse(bad) {
		return false
	}
	t.URL, t.Kind, t.User, t.Host, t.Port = where.URL, where.Kind, where.User, where.Host, where.Port
	t.Module, t.Path = where.Module, where.Path
	if t.Kind != Daemon {
		t.PasswordFile = "" // the module's is for its daemons
	}
	return true
}

// targetObject reads a target with options of its own.
func (d *decoder) targetObject(v value, t *Target) bool {
	found := false
	keys := schema{{"url", func(v value) { found = d.targetURL(v, t) }}}
	keys = append(keys, d.transferKeys(t)...)
	keys = append(keys, d.rsyncKeys(&t.Rsync)...)
	keys = append(keys, schema{{"ssh", func(v value) { v.object(d.sshKeys(&t.SSH)) }}}...)
	v.object(keys)
	if _, ok := v.get("url"); !ok {
		v.fail("", "url is missing")
	}
	d.notTwice(v)
	if found {
		d.onlyFor(v, t)
	}
	return found
}

// notTwice refuses an option that a target has both with and without "rsync:".
func (d *decoder) notTwice(v value) {
	nested, ok := v.get("rsync")
	if !ok {
		return
	}
	for _, k := range d.rsyncKeys(&Rsync{}) {
		flat, both := v.get(k.name)
		if inner, ok := nested.value.get(k.name); ok && both {
			value{flat.value, v.r, v.under(k.name)}.fail("", "is also given as rsync.%s in line %d", k.name, inner.at.line)
		}
	}
}

// onlyFor refuses options that mean nothing for the target's kind.
func (d *decoder) onlyFor(v value, t *Target) {
	if f, ok := v.get("ssh"); ok && t.Kind != Shell {
		value{f.value, v.r, v.under("ssh")}.fail("write the URL as ssh://host/path", "is only for targets reached through ssh")
	}
	if f, ok := v.get("password_file"); ok && t.Kind != Daemon {
		value{f.value, v.r, v.under("password_file")}.fail("ssh uses keys: ssh: {identity_file: /etc/syncsvc/keys/www}",
			"is only for rsync daemons")
	}
}

// sshOption is "Name=value"; a name of ssh_config is one word.
var sshOption = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]*=.`)

func (d *decoder) sshKeys(s *SSH) schema {
	return schema{
		{"identity_file", func(v value) { v.readPath(&s.IdentityFile) }},
		{"known_hosts", func(v value) { v.readPath(&s.KnownHosts) }},
		{"options", func(v value) {
			v.list(`["ServerAliveInterval=15"]`, func(item value) {
				word, ok := item.word()
				if !ok {
					return
				}
				if !sshOption.MatchString(word) {
					item.fail("write Name=value, as after ssh -o: \"ServerAliveInterval=15\"", "%q is not an option of ssh", word)
					return
				}
				if strings.EqualFold(word, "StrictHostKeyChecking=no") {
					d.warn(item.node.at, item.key, fmt.Sprintf("with %s anybody on the way can pose as the target", word))
				}
				s.Options = append(s.Options, word)
			})
		}},
	}
}
