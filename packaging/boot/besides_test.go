package boot_test

import "testing"

// A machine can have both: a program that somebody installed by hand, whose unit
// systemd prefers, and the package. The package takes along only what is its own.
func TestPackageGoesAndTheBareProgramMirrorsOn(t *testing.T) {
	t.Parallel()
	pkg := deb(t)
	s := newSender(boot(t, "bookworm"))
	s.run("install", "-m", "755", s.copyIn(program(t)), "/usr/local/bin/syncsvc")
	s.run("syncsvc", "service", "install")
	s.install(pkg)
	s.addModules()
	before := s.pids()
	s.run("dpkg", "--purge", "syncsvc")
	s.is("active", "active")
	s.is("enabled", "enabled")
	s.same(before, s.pids())
	s.mirrors()
	s.reboot()
	s.mirrors()
}

func TestRpmGoesAndTheBareProgramMirrorsOn(t *testing.T) {
	pkg := rpm(t)
	s := onRpm(t)
	s.preset("disable *")
	s.run("install", "-m", "755", s.copyIn(program(t)), "/usr/local/bin/syncsvc")
	s.run("syncsvc", "service", "install")
	s.rpm("-i", pkg)
	s.addModules()
	before := s.pids()
	s.run("rpm", "-e", "syncsvc")
	s.is("active", "active")
	s.is("enabled", "enabled")
	s.same(before, s.pids())
	s.mirrors()
}
