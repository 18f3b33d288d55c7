package main

import (
	"testing"

	"github.com/syncsvc/syncsvc/service"
)

func TestFileThatHidesThePackagesIsNotThePackages(t *testing.T) {
	st := service.Status{Installed: true, File: "/etc/systemd/system/syncsvc.service", Package: "syncsvc"}
	if got := fileText(st); got != st.File {
		t.Errorf("got %q", got)
	}
	st.Packaged = true
	if got := fileText(st); got != st.File+", of the package syncsvc" {
		t.Errorf("got %q", got)
	}
}
