package lsyncd

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"github.com/syncsvc/syncsvc/config/sersync"
)

// The layers of lsyncd that only mirror.
const (
	layerRsync    = "rsync"
	layerRsyncSSH = "rsyncssh"
	layerDirect   = "direct"
	layerKey      = "__syncsvc_layer"
)

// converter collects what the program calls while it runs.
type converter struct {
	file   *File
	blocks int // seen so far
}

// register makes what a configuration may call: settings, sync, and default
// with its layers.
func (c *converter) register(l *lua.LState) {
	defaults := l.NewTable()
	for _, name := range []string{layerRsync, layerRsyncSSH, layerDirect} {
		layer := l.NewTable()
		layer.RawSetString(layerKey, lua.LString(name))
		defaults.RawSetString(name, layer)
	}
	l.SetGlobal("default", defaults)
	l.SetGlobal("settings", l.NewFunction(func(l *lua.LState) int {
		c.settings(l.CheckTable(1))
		return 0
	}))
	l.SetGlobal("sync", l.NewFunction(func(l *lua.LState) int {
		if err := c.sync(l.CheckTable(1)); err != nil {
			l.RaiseError("%s", err)
		}
		return 0
	}))
}

func (c *converter) became(format string, args ...any) {
	c.file.Became = append(c.file.Became, fmt.Sprintf(format, args...))
}

func (c *converter) changed(format string, args ...any) {
	c.file.Changed = append(c.file.Changed, fmt.Sprintf(format, args...))
}

func (c *converter) lost(format string, args ...any) {
	c.file.Lost = append(c.file.Lost, fmt.Sprintf(format, args...))
}

// settings reads what holds for all of lsyncd.
func (c *converter) settings(t *lua.LTable) {
	for _, key := range keysOf(t) {
		value := t.RawGetString(key)
		switch key {
		case "logfile", "logFile", "pidfile", "nodaemon", "log", "logfacility", "logident", "statusFile", "statusInterval", "onepass":
			c.lost("settings.%s = %s: not needed; see syncsvc logs and syncsvc status", key, show(value))
		case "maxProcesses":
			c.lost("settings.maxProcesses = %s: each module has threads; for all together set max_rsyncs in syncsvc.yaml", show(value))
		case "insist":
			c.became("settings.insist -> nothing: syncsvc starts whatever targets are away")
		case "inotifyMode":
			c.became("settings.inotifyMode = %s -> nothing: files are sent when they are closed, and after 2s of quiet", show(value))
		case "delay", "maxDelays":
			c.changed("settings.%s = %s: changes are sent at once, and collect only while rsync runs", key, show(value))
		default:
			c.lost("settings.%s = %s: nothing corresponds to it", key, show(value))
		}
	}
}

// block is one sync{...} while it becomes a module.
type block struct {
	*converter
	layer  string
	t      *lua.LTable
	number int
	args   []string
	rsync  []sersync.Field
	target sersync.Value
	fields []sersync.Field
}

// sync makes a module of one block.
func (c *converter) sync(t *lua.LTable) error {
	c.blocks++
	b := &block{converter: c, t: t, number: c.blocks}
	if layer, ok := t.RawGetInt(1).(*lua.LTable); ok {
		b.layer = lua.LVAsString(layer.RawGetString(layerKey))
	}
	if b.layer == "" {
		c.lost("sync block %d: its layer is a program of its own; only default.rsync, default.rsyncssh and default.direct can be taken over", b.number)
		return nil
	}
	source := lua.LVAsString(t.RawGetString("source"))
	if source == "" {
		return fmt.Errorf("sync block %d has no source", b.number)
	}
	if err := b.where(); err != nil {
		return fmt.Errorf("sync block %d: %w", b.number, err)
	}
	b.options()
	b.rsyncOptions()
	b.sshOptions()
	c.became("sync block %d: default.%s from %s -> watch, targets", b.number, b.layer, source)
	fields := []sersync.Field{text("watch", source), {Name: "targets", Value: sersync.Value{Kind: sersync.List, Items: []sersync.Value{b.targetValue()}}}}
	fields = append(fields, b.fields...)
	if len(b.args) > 0 {
		b.rsync = append([]sersync.Field{words("args", b.args)}, b.rsync...)
	}
	if len(b.rsync) > 0 {
		fields = append(fields, sersync.Field{Name: "rsync", Value: sersync.Value{Kind: sersync.Object, Fields: b.rsync}})
	}
	if !c.join(fields) {
		c.file.Modules = append(c.file.Modules, Module{fields})
	}
	return nil
}

// join adds the target to the module before when that is all the difference:
// with lsyncd each target takes a block of its own. The first key is watch, the
// second targets.
func (c *converter) join(fields []sersync.Field) bool {
	if len(c.file.Modules) == 0 {
		return false
	}
	last := c.file.Modules[len(c.file.Modules)-1].Fields
	if !reflect.DeepEqual(last[0], fields[0]) || !reflect.DeepEqual(last[2:], fields[2:]) {
		return false
	}
	last[1].Value.Items = append(last[1].Value.Items, fields[1].Value.Items...)
	return true
}

// targetValue is the URL alone when nothing else is known of the target.
func (b *block) targetValue() sersync.Value {
	if len(b.target.Fields) == 1 {
		return b.target.Fields[0].Value
	}
	return b.target
}

// where makes a URL of the target in the words of the layer.
func (b *block) where() error {
	target, dir := lua.LVAsString(b.t.RawGetString("target")), lua.LVAsString(b.t.RawGetString("targetdir"))
	port := ""
	if ssh, ok := b.t.RawGetString("ssh").(*lua.LTable); ok {
		if p := ssh.RawGetString("port"); p != lua.LNil {
			port = ":" + p.String()
		}
	}
	var url string
	switch host := lua.LVAsString(b.t.RawGetString("host")); {
	case b.layer == layerRsyncSSH:
		if host == "" || !strings.HasPrefix(dir, "/") {
			return fmt.Errorf("default.rsyncssh needs host and an absolute targetdir")
		}
		url = "ssh://" + host + port + dir
		b.changed("sync block %d: default.rsyncssh ran mv and rm on the target; renamed files are now found by rsync", b.number)
	case strings.HasPrefix(target, "/"), strings.HasPrefix(target, "rsync://"):
		url = target
	case b.layer == layerDirect:
		return fmt.Errorf("default.direct needs an absolute target, not %q", target)
	default:
		var err error
		if url, err = fromRsync(target, port); err != nil {
			return err
		}
	}
	b.target = sersync.Value{Kind: sersync.Object, Fields: []sersync.Field{text("url", url)}}
	return nil
}

// fromRsync turns rsync's own notation into a URL.
func fromRsync(target, port string) (string, error) {
	if host, module, ok := strings.Cut(target, "::"); ok && module != "" {
		return "rsync://" + host + "/" + escape(module), nil
	}
	host, path, ok := strings.Cut(target, ":")
	switch {
	case !ok || host == "" || strings.Contains(host, "/"):
		return "", fmt.Errorf("target %q is not host:/path, host::module, rsync://host/module or /path", target)
	case !strings.HasPrefix(path, "/"):
		return "", fmt.Errorf("target %q is a path below a home folder; write the whole path", target)
	}
	return "ssh://" + host + port + escape(path), nil
}

func escape(s string) string {
	return strings.NewReplacer("%", "%25", " ", "%20", "?", "%3F", "#", "%23").Replace(s)
}

// keysOf returns the names of a table's entries in order.
func keysOf(t *lua.LTable) []string {
	var keys []string
	t.ForEach(func(k, _ lua.LValue) {
		if name, ok := k.(lua.LString); ok {
			keys = append(keys, string(name))
		}
	})
	slices.Sort(keys)
	return keys
}

// listOf returns the texts of a list, or the one text that stands for it.
func listOf(v lua.LValue) []string {
	t, ok := v.(*lua.LTable)
	if !ok {
		if v == lua.LNil {
			return nil
		}
		return []string{v.String()}
	}
	var list []string
	for i := 1; i <= t.Len(); i++ {
		list = append(list, t.RawGetInt(i).String())
	}
	return list
}

// show writes a value for reports.
func show(v lua.LValue) string {
	switch v := v.(type) {
	case lua.LString:
		return fmt.Sprintf("%q", string(v))
	case *lua.LTable:
		return "{" + strings.Join(listOf(v), ", ") + "}"
	case *lua.LFunction:
		return "a function"
	}
	return v.String()
}

func text(name, s string) sersync.Field {
	return sersync.Field{Name: name, Value: sersync.Value{Kind: sersync.Text, Text: s}}
}

func plain(name string, kind sersync.Kind, s string) sersync.Field {
	return sersync.Field{Name: name, Value: sersync.Value{Kind: kind, Text: s}}
}

func words(name string, list []string) sersync.Field {
	v := sersync.Value{Kind: sersync.List}
	for _, w := range list {
		v.Items = append(v.Items, sersync.Value{Kind: sersync.Text, Text: w})
	}
	return sersync.Field{Name: name, Value: v}
}
