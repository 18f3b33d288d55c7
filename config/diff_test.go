package config

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/syncsvc/syncsvc/filter"
)

// version returns a module with two targets in which every key is set.
func version(t *testing.T) *Module {
	t.Helper()
	m := &Module{
		Name: "www", File: "/etc/www.yaml", Watch: "/srv/www",
		Rules: []filter.Rule{{Text: "*.swp"}},
		Targets: []Target{
			{URL: "rsync://a/www", MaxDelete: Limit{Set: true}}, {URL: "rsync://b/www", MaxDelete: Limit{Set: true}},
		},
		Hooks: []Hook{{Name: "tell"}},
	}
	compileFilter(t, m)
	return m
}

func compileFilter(t *testing.T, m *Module) {
	t.Helper()
	f, err := filter.Parse(m.Rules, m.Regexes)
	if err != nil {
		t.Fatal(err)
	}
	m.Filter = f
}

// derived are fields that say nothing which another does not say.
func derived() []string {
	return []string{
		"Name", "File", "Filter", "origin", "Rules.Source", "Regexes.Source",
		"Targets.Kind", "Targets.User", "Targets.Host", "Targets.Port", "Targets.Module", "Targets.Path", // in the URL
	}
}

// TestNoFieldIsForgotten changes every field there is, one by one.
func TestNoFieldIsForgotten(t *testing.T) {
	walkFields(reflect.TypeFor[Module](), "", nil, func(path string, index []int) {
		if slices.Contains(derived(), path) {
			return
		}
		now := version(t)
		disturb(t, reflect.ValueOf(now).Elem(), index)
		compileFilter(t, now)
		d := Compare(version(t), now)
		if d.Effect == Untouched || len(d.Changes) == 0 {
			t.Errorf("%s: a change has the effect %q and is told as %v", path, d.Effect, d.Changes)
		}
	})
}

// walkFields visits every field that is not a struct, also of the items of
// lists. The module itself is at index nil.
func walkFields(typ reflect.Type, path string, index []int, visit func(string, []int)) {
	for i := range typ.NumField() {
		f := typ.Field(i)
		name := strings.TrimPrefix(path+"."+f.Name, ".")
		at := append(slices.Clone(index), i)
		inner := f.Type
		if inner.Kind() == reflect.Slice {
			inner = inner.Elem()
		}
		whole := inner == reflect.TypeFor[Schedule]() || slices.Contains(derived(), name)
		if inner.Kind() == reflect.Struct && !whole {
			walkFields(inner, name, at, visit)
			continue
		}
		visit(name, at)
	}
}

// disturb makes the field at index another one than it is.
func disturb(t *testing.T, v reflect.Value, index []int) {
	t.Helper()
	for _, i := range index {
		if v.Kind() == reflect.Slice {
			if v.Len() == 0 {
				v.Set(reflect.MakeSlice(v.Type(), 1, 1))
			}
			v = v.Index(0)
		}
		v = v.Field(i)
	}
	switch {
	case v.Type() == reflect.TypeFor[Schedule]():
		v.Set(reflect.ValueOf(Schedule{every: time.Hour}))
	case v.Type() == reflect.TypeFor[filter.Kind](): // of a rule, which needs a text
		v.SetUint(uint64(filter.Include))
	case v.Kind() == reflect.String:
		v.SetString("another")
	case v.Kind() == reflect.Bool:
		v.SetBool(!v.Bool())
	case v.CanInt():
		v.SetInt(v.Int() + 7)
	case v.CanUint():
		v.SetUint(v.Uint() + 1)
	case v.CanFloat():
		v.SetFloat(7)
	case v.Kind() == reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
	case v.Type() == reflect.TypeFor[[]string]():
		v.Set(reflect.ValueOf([]string{"another"}))
	default:
		t.Fatalf("the test can't change a %s", v.Type())
	}
}

func TestEffectsOfChanges(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*Module)
		want   Difference
	}{
		{"nothing", func(*Module) {}, Difference{}},
		{"bandwidth of one target", func(m *Module) { m.Targets[1].Rsync.BWLimit = 1 << 20 }, Difference{
			Effect: InPlace, Changes: []Change{{"rsync.bwlimit (rsync://b/www)", "none", "1M/s"}},
		}},
		{"bandwidth of all", func(m *Module) { m.Targets[0].Rsync.BWLimit, m.Targets[1].Rsync.BWLimit = 1<<20, 1<<20 }, Difference{
			Effect: InPlace, Changes: []Change{{"rsync.bwlimit", "none", "1M/s"}},
		}},
		{"a target comes", func(m *Module) { m.Targets = append(m.Targets, Target{URL: "rsync://c/www"}) }, Difference{
			Effect:  Retarget,
			Changes: []Change{{"targets", "rsync://a/www rsync://b/www", "rsync://a/www rsync://b/www rsync://c/www"}},
			Added:   []string{"rsync://c/www"}, FullSync: []string{"rsync://c/www"},
		}},
		{"a target goes, with a schedule", func(m *Module) { m.Targets = m.Targets[1:]; m.Schedule = Schedule{every: time.Hour} }, Difference{
			Effect:  Retarget,
			Changes: []Change{{"full_compare.schedule", "off", "every 1h"}, {"targets", "rsync://a/www rsync://b/www", "rsync://b/www"}},
			Removed: []string{"rsync://a/www"},
		}},
		{"a rule", func(m *Module) {
			m.Rules = append(m.Rules, filter.Rule{Text: "*.log"})
			compileFilter(t, m)
		}, Difference{
			Effect: Restart, Changes: []Change{{"filter", "", `exclude "*.log"`}}, FilterChanged: true,
			FullSync: []string{"rsync://a/www", "rsync://b/www"},
		}},
		{"a rule without a full sync", func(m *Module) {
			m.FullSync, m.Threads = FullNever, 3
			m.Rules = append(m.Rules, filter.Rule{Text: "*.log"})
			compileFilter(t, m)
		}, Difference{
			Effect: Restart, FilterChanged: true,
			Changes: []Change{{"threads", "0", "3"}, {"full_sync", "", "never"}, {"filter", "", `exclude "*.log"`}},
		}},
		{"a secret of a hook", func(m *Module) { m.Hooks[0].HTTP.URL = "https://h/token" }, Difference{
			Effect: Restart, Changes: []Change{{"hooks.tell.http.url", "", "https://h/… (#b1d2c67e)"}},
		}},
		{"how a target is reached", func(m *Module) { m.Targets[0].PasswordFile = "/p" }, Difference{
			Effect: Restart, Changes: []Change{{"password_file (rsync://a/www)", "", "/p"}},
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			now := version(t)
			c.change(now)
			got := Compare(version(t), now)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
			if same := version(t).Fingerprint() == now.Fingerprint(); same != (got.Effect == Untouched) {
				t.Errorf("the effect is %s, but the fingerprints say %v", got.Effect, same)
			}
		})
	}
}
