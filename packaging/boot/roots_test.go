package boot_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// cacheEnv names a folder for what is worth keeping between runs, instead of the
// user's cache folder.
const cacheEnv = "SYNCSVC_CACHE"

// unusedFor is how long a root that no recipe asks for any more is kept: another
// checkout on this machine may still boot copies of it.
const unusedFor = 24 * time.Hour

// recipe says how a root is made. Whatever changes in it makes a new root.
type recipe struct {
	suite    string
	packages []string
	after    string // a line for sh, where $1 is the root
}

var (
	withSystemd  = []string{"systemd", "systemd-sysv", "dbus"}
	withSysvinit = []string{"sysvinit-core", "initscripts", "orphan-sysvinit-scripts", "lsb-base"}
	everywhere   = []string{"rsync", "procps", "init-system-helpers"}
)

// Gettys find no terminal and fill the console's log.
const noGettys = `sed -i 's/^[1-6]:23.*getty.*/#&/' "$1/etc/inittab"`

// recipes are the kinds of machines. Debian 12 is without its security
// repository: its rsync 3.2.7 refuses to delete what is named and missing
// (issue 910), which syncsvc works around, while the rsync of Debian 13 does not.
var recipes = map[string]recipe{
	"bookworm": {suite: "bookworm", packages: withSystemd},
	"trixie":   {suite: "trixie", packages: withSystemd},
	"vm":       {suite: "bookworm", packages: append([]string{"linux-image-cloud-amd64", "initramfs-tools"}, withSystemd...)},
	"sysvinit": {suite: "bookworm", packages: append([]string{"logrotate"}, withSysvinit...), after: noGettys},
	"openrc":   {suite: "bookworm", packages: append([]string{"openrc"}, withSysvinit...), after: noGettys},
	// Debian's rpm keeps its database in the home folder, for building only.
	"rpm": {
		suite: "bookworm", packages: append([]string{"rpm"}, withSystemd...),
		after: `mkdir -p "$1/etc/rpm" && echo '%_dbpath /var/lib/rpm' > "$1/etc/rpm/macros.dbpath"`,
	},
}

// argv is the program that makes the root in dir.
func (r recipe) argv(dir string) []string {
	packages := strings.Join(slices.Concat(r.packages, everywhere), ",")
	argv := []string{
		"mmdebstrap", "--mode=root", "--variant=minbase", "--include=" + packages,
		`--aptopt=Acquire::Retries "5"`, "--aptopt=Acquire::Languages none", "--dpkgopt=force-unsafe-io",
	}
	if r.after != "" {
		argv = append(argv, "--customize-hook="+r.after)
	}
	return append(argv, r.suite, dir, "deb http://deb.debian.org/debian "+r.suite+" main")
}

func (r recipe) key() string {
	return fmt.Sprintf("%x", sha256.Sum256([]byte(strings.Join(r.argv(""), "\x00"))))[:12]
}

// root returns a folder with a Debian of that kind, to be copied and not to be
// changed. It is made when it is missing, which takes half a minute on an idle
// machine, and kept for all later runs.
func root(t *testing.T, kind string) string {
	t.Helper()
	r, ok := recipes[kind]
	if !ok {
		t.Fatalf("there is no recipe for a root of kind %q", kind)
	}
	cache := rootsFolder(t)
	dir := filepath.Join(cache, kind+"-"+r.key())
	lock := lockKind(t, cache, kind)
	defer lock.Close()
	if _, err := os.Stat(dir); errors.Is(err, os.ErrNotExist) {
		removeLeftovers(t, cache, kind)
		makeRoot(t, r, dir, lock)
	}
	now := time.Now()
	if err := os.Chtimes(dir, now, now); err != nil {
		t.Fatal(err)
	}
	return dir
}

func rootsFolder(t *testing.T) string {
	t.Helper()
	cache := os.Getenv(cacheEnv)
	if cache == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			t.Fatalf("find a folder for roots: %v; set HOME or %s", err, cacheEnv)
		}
		cache = filepath.Join(user, "syncsvc")
	}
	cache = filepath.Join(cache, "roots")
	if err := os.MkdirAll(cache, 0o700); err != nil {
		t.Fatal(err)
	}
	return cache
}

// lockKind waits until nobody else makes a root of this kind. Closing the file
// gives the lock back.
func lockKind(t *testing.T, cache, kind string) *os.File {
	t.Helper()
	lock, err := os.OpenFile(filepath.Join(cache, kind+".lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatalf("lock %s: %v", lock.Name(), err)
	}
	return lock
}

// makeRoot makes the root beside its place and moves it there when it is
// complete. mmdebstrap inherits the lock and so holds it for as long as it
// lives, also when this process is killed.
func makeRoot(t *testing.T, r recipe, dir string, lock *os.File) {
	t.Helper()
	if _, err := exec.LookPath("mmdebstrap"); err != nil {
		t.Fatal("mmdebstrap is missing: apt-get install mmdebstrap, or ./setup boot")
	}
	t.Logf("making %s, once", dir)
	began := time.Now()
	unfinished := dir + unfinishedSuffix
	argv := r.argv(unfinished)
	cmd := exec.CommandContext(t.Context(), argv[0], argv[1:]...)
	cmd.Env = append(os.Environ(), "LC_ALL=C", "DEBIAN_FRONTEND=noninteractive")
	cmd.ExtraFiles = []*os.File{lock}
	// Asked to end, it unmounts and removes what it has made.
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	runtime.LockOSThread() // the kernel sends that signal when the thread ends
	defer runtime.UnlockOSThread()
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("make a root of %s: %v: is http://deb.debian.org reachable from here?\n%s", r.suite, err, out)
	}
	if err := os.Rename(unfinished, dir); err != nil {
		t.Fatal(err)
	}
	t.Logf("made in %v", time.Since(began).Round(time.Second))
}

const unfinishedSuffix = ".unfinished"

// removeLeftovers removes what a killed run left, and roots that nobody has
// used for a while. The caller holds the lock of the kind.
func removeLeftovers(t *testing.T, cache, kind string) {
	t.Helper()
	old, err := filepath.Glob(filepath.Join(cache, kind+"-*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range old {
		info, err := os.Stat(dir)
		if err != nil || (!strings.HasSuffix(dir, unfinishedSuffix) && time.Since(info.ModTime()) < unusedFor) {
			continue
		}
		// Not os.RemoveAll: what is still mounted in there is the host's.
		must(t, "rm", "-rf", "--one-file-system", dir)
	}
}
