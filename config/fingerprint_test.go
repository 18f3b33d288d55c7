package config

import (
	"reflect"
	"testing"
)

func TestFingerprintIsOfTheMeaning(t *testing.T) {
	a := mustDecode(t, "watch: /srv/www\ntargets: [/mnt/www]\nrsync: {timeout: 100s}\n")
	b := mustDecode(t, "# the same\ntargets:\n  - url: /mnt/www\nthreads: 10\nwatch: '/srv/www/'\n")
	if a.Fingerprint() != b.Fingerprint() || a.ContentFingerprint(&a.Targets[0]) != b.ContentFingerprint(&b.Targets[0]) {
		t.Error("the same meaning has two fingerprints")
	}
}

// TestEveryFieldIsInTheFingerprint changes one field after the other, so that
// one that is added later cannot be forgotten.
func TestEveryFieldIsInTheFingerprint(t *testing.T) {
	exempt := map[string]string{
		"File":    "another folder for the files changes nothing",
		"Rules":   "Filter stands for them",
		"Regexes": "Filter stands for them",
		"Filter":  "see TestContentFingerprint",

		"Targets[0].Kind":   "URL stands for it",
		"Targets[0].User":   "URL stands for it",
		"Targets[0].Host":   "URL stands for it",
		"Targets[0].Port":   "URL stands for it",
		"Targets[0].Module": "URL stands for it",
		"Targets[0].Path":   "URL stands for it",
	}
	original := mustDecode(t, everyKey).Fingerprint()
	for i := range reflect.TypeFor[Module]().NumField() {
		field := reflect.TypeFor[Module]().Field(i)
		if _, ok := exempt[field.Name]; ok || !field.IsExported() {
			continue
		}
		m := mustDecode(t, everyKey)
		alterEach(t, field.Name, reflect.ValueOf(m).Elem().Field(i), func(path string) {
			if _, ok := exempt[path]; !ok && m.Fingerprint() == original {
				t.Errorf("%s is not in the fingerprint", path)
			}
		})
	}
}

// alterEach changes each simple value within v, one at a time, and calls check
// while it is changed. All elements of a list matter, so one is enough.
func alterEach(t *testing.T, path string, v reflect.Value, check func(path string)) {
	t.Helper()
	old := reflect.New(v.Type()).Elem()
	old.Set(v)
	switch v.Kind() {
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[Schedule]() {
			v.Set(reflect.ValueOf(Schedule{every: day}))
			break
		}
		for i := range v.NumField() {
			alterEach(t, path+"."+v.Type().Field(i).Name, v.Field(i), check)
		}
		return
	case reflect.Pointer:
		alterEach(t, path, v.Elem(), check)
		return
	case reflect.Slice:
		if v.Len() > 0 {
			alterEach(t, path+"[0]", v.Index(0), check)
		}
		return
	case reflect.String:
		v.SetString(v.String() + "x")
	case reflect.Bool:
		v.SetBool(!v.Bool())
	case reflect.Int, reflect.Int64:
		v.SetInt(v.Int() + 1)
	case reflect.Uint8:
		v.SetUint(v.Uint() + 1)
	case reflect.Float64:
		v.SetFloat(v.Float() + 1)
	default:
		t.Fatalf("%s: no way to alter a %s", path, v.Kind())
	}
	check(path)
	v.Set(old)
}

func TestContentFingerprint(t *testing.T) {
	of := func(more string) string {
		m := mustDecode(t, "watch: /srv/www\ntargets: [rsync://h/www]\n"+more)
		return m.ContentFingerprint(&m.Targets[0])
	}
	plain := of("")
	for _, more := range []string{"exclude: [x]\n", "include: [x]\n", "exclude_regex: [x]\n", "rsync: {args: [-aH]}\n", "delete: false\n", "events: {attrib: false}\n"} {
		if of(more) == plain {
			t.Errorf("after %q nothing would be compared", more)
		}
	}
	for _, more := range []string{"threads: 3\n", "password_file: /p\n", "rsync: {timeout: 5, bwlimit: 1m, compress: true}\n", "max_delete: 5\n", "settle: {quiet: 1s}\n"} {
		if of(more) != plain {
			t.Errorf("after %q everything would be compared", more)
		}
	}
}
