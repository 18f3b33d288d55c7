package lsyncd

import (
	"maps"
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"github.com/syncsvc/syncsvc/config/sersync"
)

// options reads what stands in the block itself.
func (b *block) options() {
	b.delete(b.t.RawGetString("delete"))
	for _, key := range keysOf(b.t) {
		value := b.t.RawGetString(key)
		switch key {
		case "source", "target", "host", "targetdir", "rsync", "ssh", "delete":
		case "exclude":
			b.fields = append(b.fields, words("exclude", listOf(value)))
		case "excludeFrom":
			b.fields = append(b.fields, text("exclude_from", value.String()))
		case "filter":
			b.fields = append(b.fields, words("filter", listOf(value)))
		case "maxProcesses":
			b.fields = append(b.fields, plain("threads", sersync.Number, value.String()))
		case "init":
			if value == lua.LFalse {
				b.fields = append(b.fields, text("full_sync", "never"))
			} else if value != lua.LTrue {
				b.lost("sync block %d: init = %s: cannot be taken over", b.number, show(value))
			}
		case "delay", "maxDelays":
			b.changed("sync block %d: %s = %s: changes are sent at once, and collect only while rsync runs", b.number, key, show(value))
		default:
			b.lost("sync block %d: %s = %s: nothing corresponds to it", b.number, key, show(value))
		}
	}
	if b.t.RawGetString("init") == lua.LNil {
		b.changed("sync block %d: everything was compared at each start; now what changed since the last stop is sent (full_sync: on-start does as lsyncd)", b.number)
	}
}

// delete reads when lsyncd deleted.
func (b *block) delete(v lua.LValue) {
	switch {
	case v == lua.LFalse:
		b.fields = append(b.fields, plain("delete", sersync.Bool, "false"))
	case v == lua.LNil || v == lua.LTrue:
	default:
		b.fields = append(b.fields, plain("delete", sersync.Bool, "true"))
		b.changed("sync block %d: delete = %s: deletes at the start and while it runs alike; false deletes never", b.number, show(v))
	}
}

// flags are the options of rsync{} that lsyncd passes on as a letter.
var flags = map[string]string{
	"acls": "A", "archive": "a", "checksum": "c", "copy_links": "L", "executability": "E", "group": "g", "hard_links": "H",
	"ignore_times": "I", "ipv4": "4", "ipv6": "6", "keep_dirlinks": "K", "links": "l", "one_file_system": "x", "owner": "o",
	"perms": "p", "sparse": "S", "times": "t", "update": "u", "whole_file": "W", "xattrs": "X", "copy_dirlinks": "k", "fuzzy": "y",
}

// longFlags are those that it passes on as a word.
var longFlags = []string{"inplace", "existing", "copy_unsafe_links", "omit_dir_times", "omit_link_times", "backup", "append"}

// valued are those with a value.
var valued = []string{"chmod", "chown", "groupmap", "usermap", "rsync_path", "temp_dir", "backup_dir", "suffix", "tmp_dir"}

// rsyncOptions reads rsync{}. lsyncd's own defaults are links and times.
func (b *block) rsyncOptions() {
	if b.layer == layerDirect {
		b.args = []string{"-a"}
		b.became("sync block %d: default.direct copied with cp -p; now rsync -a does", b.number)
	}
	t, ok := b.t.RawGetString("rsync").(*lua.LTable)
	if !ok {
		if b.layer != layerDirect {
			b.args = []string{"-rlt"}
		}
		return
	}
	letters := "r"
	on := map[string]bool{"links": true, "times": true}
	for _, key := range keysOf(t) {
		value := t.RawGetString(key)
		switch {
		case flags[key] != "":
			on[key] = value == lua.LTrue
		case slices.Contains(longFlags, key):
			if value == lua.LTrue {
				b.args = append(b.args, "--"+strings.ReplaceAll(key, "_", "-"))
			}
		case slices.Contains(valued, key):
			b.args = append(b.args, "--"+strings.ReplaceAll(key, "_", "-")+"="+value.String())
		default:
			b.rsyncKey(key, value)
		}
	}
	if on["archive"] {
		letters = "a"
		on["archive"], on["links"], on["times"] = false, false, false
	}
	for _, key := range slices.Sorted(maps.Keys(on)) {
		if on[key] {
			letters += flags[key]
		}
	}
	b.args = append([]string{"-" + letters}, b.args...)
}

// rsyncKey reads an option that a module file has a key for, or none at all.
func (b *block) rsyncKey(key string, value lua.LValue) {
	switch key {
	case "binary":
		b.rsync = append(b.rsync, text("program", value.String()))
	case "bwlimit":
		if value.String() != "0" {
			b.rsync = append(b.rsync, text("bwlimit", value.String()+"k"))
		}
	case "timeout":
		b.rsync = append(b.rsync, text("timeout", value.String()+"s"))
	case "compress":
		b.rsync = append(b.rsync, plain("compress", sersync.Bool, value.String()))
	case "password_file":
		b.fields = append(b.fields, text("password_file", value.String()))
	case "_extra":
		for _, word := range listOf(value) {
			b.extra(word)
		}
	case "verbose", "quiet", "protect_args", "_verbatim":
		b.became("sync block %d: rsync.%s -> nothing: it is not needed", b.number, key)
	default:
		b.lost("sync block %d: rsync.%s = %s: nothing corresponds to it", b.number, key, show(value))
	}
}

// extra reads one word of rsync's command line.
func (b *block) extra(word string) {
	name, value, _ := strings.Cut(word, "=")
	switch name {
	case "--bwlimit":
		b.rsync = append(b.rsync, text("bwlimit", value+"k"))
	case "--timeout":
		b.rsync = append(b.rsync, text("timeout", value+"s"))
	case "--contimeout":
		b.rsync = append(b.rsync, text("connect_timeout", value+"s"))
	case "--password-file":
		b.fields = append(b.fields, text("password_file", value))
	case "--exclude":
		b.fields = append(b.fields, words("filter", []string{"- " + value}))
	case "-v", "--verbose", "-q", "--progress", "--stats", "-h", "-i":
	default:
		b.args = append(b.args, word)
	}
}

// sshOptions reads ssh{}; the port is in the URL.
func (b *block) sshOptions() {
	t, ok := b.t.RawGetString("ssh").(*lua.LTable)
	if !ok {
		return
	}
	var keys []sersync.Field
	for _, key := range keysOf(t) {
		value := t.RawGetString(key)
		switch key {
		case "port":
		case "identityFile":
			keys = append(keys, text("identity_file", value.String()))
		case "options":
			if options, ok := value.(*lua.LTable); ok {
				var list []string
				for _, name := range keysOf(options) {
					list = append(list, name+"="+options.RawGetString(name).String())
				}
				keys = append(keys, words("options", list))
			}
		default:
			b.lost("sync block %d: ssh.%s = %s: nothing corresponds to it; write it into ~/.ssh/config", b.number, key, show(value))
		}
	}
	if len(keys) > 0 {
		b.target.Fields = append(b.target.Fields, sersync.Field{Name: "ssh", Value: sersync.Value{Kind: sersync.Object, Fields: keys}})
	}
}
