package boot_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/syncsvc/syncsvc/control"
)

// An upgrade is a restart into the new version, and nothing else.
func TestUpgradeKeepsConfigurationAndState(t *testing.T) {
	onDebians(t, func(s *sender) {
		s.install(previousDeb(s.t))
		s.addModules()
		old := s.overview()
		before := s.pids()
		s.plantStrays()
		// What an operator has changed, and what the package brings changed.
		s.write(moduleFile("www"), s.read(moduleFile("www"))+"# mine\n")
		s.run("systemctl", "reload", "syncsvc")
		files := s.sh("cd /etc/syncsvc && find . -type f | sort | xargs sha256sum")

		s.install(deb(s.t))
		s.is("active", "active")
		s.is("enabled", "enabled")
		after := s.pids()
		for name, pid := range after {
			if before[name] == pid {
				s.t.Errorf("%q was not restarted: %v, then %v", name, before, after)
			}
		}
		s.newerThan(old)
		if got := s.sh("cd /etc/syncsvc && find . -type f | sort | xargs sha256sum"); got != files {
			s.t.Errorf("files in /etc/syncsvc were\n%sare\n%s", files, got)
		}
		s.mirrors()
		s.noFullSync()
	})
}

func (s *sender) newerThan(old control.Overview) {
	s.t.Helper()
	want, _, _ := strings.Cut(s.run("dpkg-query", "--show", "--showformat=${Version}", "syncsvc"), "-")
	if got := s.overview().Version; got == old.Version || !strings.Contains(got, want) {
		s.t.Errorf("version %s runs, then %s; %s is installed", old.Version, got, want)
	}
}

// dpkg would ask about a file that both sides have edited, and fail where there
// is nobody to answer: the upgrade of a night would leave the package half
// configured.
func TestUpgradeWithEditedDefaultsAsksNobody(t *testing.T) {
	onDebians(t, func(s *sender) {
		const defaults = "/etc/default/syncsvc"
		s.install(otherDefaults(s.t, previousDeb(s.t)))
		edited := s.read(defaults) + "\nSYNCSVC_OPTS=\"--log-level debug\"\n"
		s.write(defaults, edited)
		for conffile := range strings.FieldsSeq(s.sh("dpkg-query --show --showformat='${Conffiles}' syncsvc | awk '{print $1}'")) {
			s.sh("echo '# mine' >> " + conffile)
		}
		s.addModules()

		s.install(deb(s.t))
		if got := s.read(defaults); got != edited {
			s.t.Errorf("%s was edited and now says\n%s", defaults, got)
		}
		if !strings.HasSuffix(s.read("/etc/init.d/syncsvc"), "# mine\n") {
			s.t.Error("/etc/init.d/syncsvc was edited and is as packaged again")
		}
		s.pids()
		if args := s.sh("tr '\\0' ' ' < /proc/" + s.unit("MainPID") + "/cmdline"); !strings.Contains(args, "--log-level debug") {
			s.t.Errorf("the options of %s are not in force: %s", defaults, args)
		}
		s.mirrors()
	})
}

// otherDefaults is a package that brings something else for /etc/default/syncsvc
// than later versions do.
func otherDefaults(t *testing.T, file string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "package")
	must(t, "dpkg-deb", "--raw-extract", file, dir)
	if err := os.WriteFile(filepath.Join(dir, "usr/share/syncsvc/default"), []byte("# As it was once.\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	changed := filepath.Join(t.TempDir(), filepath.Base(file))
	must(t, "dpkg-deb", "-Znone", "--root-owner-group", "--build", dir, changed)
	return changed
}

// What an operator has switched off stays off, whatever is installed.
func TestUpgradeLeavesOffWhatIsOff(t *testing.T) {
	onDebians(t, func(s *sender) {
		s.install(previousDeb(s.t))
		s.addModules()
		for _, off := range []struct {
			how     []string
			enabled string
		}{
			{[]string{"systemctl", "disable", "--now", "syncsvc"}, "disabled"},
			{[]string{"systemctl", "mask", "--now", "syncsvc"}, "masked"},
		} {
			s.run(off.how...)
			s.install(deb(s.t)) // the second time it is the same version again
			s.is("active", "inactive")
			s.is("enabled", off.enabled)
			s.nothingRuns()
		}

		out, err := s.try("syncsvc", "service", "install")
		if err == nil || !strings.Contains(out, "masked") || !strings.Contains(out, "--force") {
			s.t.Errorf("a masked service is installed with %v: %s", err, out)
		}
		s.reboot()
		s.is("active", "inactive")
		s.run("syncsvc", "service", "install", "--force")
		s.is("active", "active")
		s.is("enabled", "enabled")
		s.mirrors()
		s.pids()
	})
}

// A package that is removed mirrors nothing and forgets nothing.
func TestRemovedPackageComesBackAsItWas(t *testing.T) {
	onDebians(t, func(s *sender) {
		s.install(deb(s.t))
		s.addModules()
		s.mirrors()
		s.plantStrays()

		s.run("dpkg", "--remove", "syncsvc")
		s.nothingRuns()
		if s.exists("/usr/bin/syncsvc") {
			s.t.Error("the program is still there")
		}
		for _, name := range trio {
			if !s.exists(moduleFile(name)) {
				s.t.Errorf("%s went with the package", moduleFile(name))
			}
		}
		s.write("/srv/www/while-removed", "nobody looks\n")
		s.delete("bbs/first")
		s.reboot()
		s.nothingRuns()

		s.install(deb(s.t))
		s.is("active", "active")
		s.is("enabled", "enabled")
		s.arrives("www/while-removed")
		s.leaves("bbs/first")
		s.mirrors()
		s.noFullSync()
		s.reboot()
		s.mirrors()
		s.pids()
	})
}

// After a purge nothing tells that the package was ever there.
func TestPurgeLeavesNoTrace(t *testing.T) {
	onDebians(t, func(s *sender) {
		before := s.traces()
		s.install(previousDeb(s.t))
		s.addModules()
		s.install(deb(s.t)) // upgrades leave things too
		s.mirrors()
		s.run("systemctl", "enable", "syncsvc")
		s.run("dpkg", "--purge", "syncsvc")
		s.nothingRuns()
		if after := s.traces(); after != before {
			s.t.Errorf("before the package there was\n%safter its purge there is\n%s", before, after)
		}
		if out, _ := s.try("systemctl", "list-units", "--all", "--no-legend", "syncsvc*"); strings.TrimSpace(out) != "" {
			s.t.Errorf("systemd still knows: %s", out)
		}
		// And it can be had again, from nothing.
		s.install(deb(s.t))
		s.is("active", "active")
		if got := len(s.overview().Modules); got != 0 {
			s.t.Errorf("%d modules run on a fresh machine", got)
		}
		s.run("dpkg", "--remove", "syncsvc")
		s.run("dpkg", "--purge", "syncsvc")
		if after := s.traces(); after != before {
			s.t.Errorf("before the package there was\n%safter remove and purge there is\n%s", before, after)
		}
	})
}

// traces lists all files that have to do with the service, and what dpkg and the
// alternatives know of it. The journal may tell what was.
func (s *sender) traces() string {
	s.t.Helper()
	return s.sh(fmt.Sprintf(`
		find / /run /tmp /sys/fs/cgroup -xdev \( -name '*syncsvc*' -o -name '*sersync*' \) ! -name '*.deb' ! -path '%s*' 2>/dev/null | sort
		find / -xdev -lname '*syncsvc*' ! -path '/proc/*' | sort
		grep -rl syncsvc /etc /var/lib 2>/dev/null | grep -v ^/var/lib/dpkg/status-old | sort
		dpkg --get-selections | grep syncsvc
		update-alternatives --get-selections | grep -i sersync
		:`, "/var/log/journal"))
}
