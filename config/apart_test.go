package config

import (
	"strings"
	"testing"
)

func parsed(t *testing.T, path, text string) *Module {
	t.Helper()
	m, err := ParseModule(path, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestModuleThatIsNotThereYetIsComparedWithOthers(t *testing.T) {
	old := parsed(t, "/conf.d/old.yaml", "watch: /data/old\ntargets: [rsync://backup/www]\n")
	same := parsed(t, "/conf.d/new.yaml", "watch: /data/new\ntargets: [\"rsync://BACKUP:873/www/\"]\n")
	err := Apart(same, []*Module{old})
	if err == nil || !strings.Contains(err.Error(), `/conf.d/new.yaml:2:11: targets[0]: is also a target of module "old"`) {
		t.Errorf("%v", err)
	}
	inner := parsed(t, "/conf.d/new.yaml", "watch: /data/new\ntargets: [rsync://backup/www/inner]\n")
	if err := Apart(inner, []*Module{old}); err != nil || len(inner.Warnings()) != 1 {
		t.Errorf("%v, warnings %q", err, inner.Warnings())
	}
}

func TestTextIsReadAsIfItWasTheFile(t *testing.T) {
	m := parsed(t, "/conf.d/www.yaml", "watch: /data/www\ntargets: [/backup]\n")
	if m.Name != "www" || m.File != "/conf.d/www.yaml" || m.Watch != "/data/www" {
		t.Errorf("%+v", m)
	}
	for path, text := range map[string]string{"/conf.d/www.txt": "", "/conf.d/-x.yaml": "", "/conf.d/www.yaml": "watch: relative\n"} {
		if _, err := ParseModule(path, []byte(text)); err == nil {
			t.Errorf("%s: %q was accepted", path, text)
		}
	}
}
