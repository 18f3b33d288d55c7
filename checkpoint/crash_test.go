package checkpoint

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestKilledWhileSaving kills a process that saves as fast as it can, at a
// random moment; what it said to be safe must be there, and whole.
func TestKilledWhileSaving(t *testing.T) {
	rounds := 20
	if os.Getenv("SYNCSVC_LONG") != "" {
		rounds = 500
	}
	s := newStore(t)
	for round := range rounds {
		safe := saveAndKill(t, s.dir, rand.N(20*time.Millisecond))
		m, err := s.Load(target)
		if safe == 0 && errors.Is(err, fs.ErrNotExist) {
			continue // killed before the first
		}
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		if m.Upto.Unix() < safe {
			t.Fatalf("round %d: mark is at %d, %d was said to be safe", round, m.Upto.Unix(), safe)
		}
		// The list was saved before the mark, by itself or by the next one.
		list, err := s.Failures(target)
		if n := m.Upto.Unix(); err != nil || int64(len(list)) != n%50 && int64(len(list)) != (n+1)%50 {
			t.Fatalf("round %d: fail list of %d with the mark at %d: %v", round, len(list), n, err)
		}
	}
	files, err := os.ReadDir(s.dir)
	must(t, err)
	if len(files) > 4 { // two files, and what a kill leaves of each
		t.Errorf("%d files pile up: %v", len(files), files)
	}
}

// saveAndKill lets this test binary save until it is killed, some time after
// it has begun, and returns the last moment that it said was safe.
func saveAndKill(t *testing.T, dir string, after time.Duration) int64 {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), writer+"="+dir)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	kill := time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() })
	var safe int64
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if safe == 0 {
			kill.Reset(after)
		}
		if _, err := fmt.Sscan(lines.Text(), &safe); err != nil {
			t.Fatalf("writer says %q", lines.Text())
		}
	}
	kill.Stop()
	if err := cmd.Wait(); safe == 0 {
		t.Fatalf("writer saved nothing: %v", err)
	}
	return safe
}

// TestSavedMarkSurvivesAPowerCut drops all that a file system has not yet
// written, the moment Save has returned.
func TestSavedMarkSurvivesAPowerCut(t *testing.T) {
	for _, mkfs := range []string{"mkfs.ext4", "mkfs.xfs"} {
		t.Run(mkfs, func(t *testing.T) {
			disk := newDisk(t, mkfs)
			s, err := Open(filepath.Join(disk.mount, "state"))
			must(t, err)
			for i := range 3 {
				want := markAt(noon().Add(time.Duration(i)))
				must(t, s.Save(target, want))
				must(t, s.SaveFailures(target, make([]Failure, i)))
				disk.cutPower()
				wantMark(t, s, target, want)
				if list, err := s.Failures(target); err != nil || len(list) != i {
					t.Errorf("fail list has %d entries, want %d: %v", len(list), i, err)
				}
			}
			must(t, s.Forget(target))
			disk.cutPower()
			if _, err := s.Load(target); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("after Forget: got %v, want %v", err, fs.ErrNotExist)
			}
		})
	}
}

func TestFullDiskKeepsTheOldMark(t *testing.T) {
	dir := t.TempDir()
	if err := unix.Mount("none", dir, "tmpfs", 0, "size=16k"); err != nil {
		t.Skipf("cannot mount here: %v", err)
	}
	t.Cleanup(disk{t: t, mount: dir}.unmount)
	s, err := Open(dir)
	must(t, err)
	must(t, s.Save(target, markAt(noon())))
	big := markAt(noon().Add(time.Hour))
	big.Settings = string(make([]byte, 16<<10))
	if err := s.Save(target, big); !errors.Is(err, unix.ENOSPC) {
		t.Errorf("got %v, want %v", err, unix.ENOSPC)
	}
	wantMark(t, s, target, markAt(noon()))
	if files, err := os.ReadDir(dir); err != nil || len(files) != 1 {
		t.Errorf("what could not be written takes up room: %v, %v", files, err)
	}
}

// disk is a file system in a file that can lose its power.
type disk struct {
	t            *testing.T
	image, mount string
	options      string // for mount
}

func newDisk(t *testing.T, mkfs string) disk {
	t.Helper()
	d := disk{t: t, image: filepath.Join(t.TempDir(), "image"), mount: t.TempDir(), options: "loop"}
	if mkfs == "mkfs.xfs" {
		d.options += ",nouuid" // see cutPower
	}
	must(t, os.WriteFile(d.image, nil, 0o600))
	must(t, os.Truncate(d.image, 400<<20))
	if out, err := exec.Command(mkfs, "-q", d.image).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v: %s", mkfs, err, out)
	}
	if out, err := exec.Command("mount", "-o", d.options, d.image, d.mount).CombinedOutput(); err != nil {
		t.Skipf("cannot mount here: %v: %s", err, out)
	}
	t.Cleanup(d.unmount)
	return d
}

// cutPower shuts the file system down without writing its log, and mounts what
// is left. That is a copy: whoever got a mount namespace of his own meanwhile
// has the dead one still mounted, and the kernel would give us that again.
func (d disk) cutPower() {
	d.t.Helper()
	const shutdown, withoutLog = 0x8004587d, 2 // XFS_IOC_GOINGDOWN, which ext4 knows too
	f, err := os.Open(d.mount)
	must(d.t, err)
	err = unix.IoctlSetPointerInt(int(f.Fd()), shutdown, withoutLog)
	must(d.t, errors.Join(err, f.Close()))
	d.unmount()
	d.run("cp", "--sparse=always", d.image, d.image+".left")
	must(d.t, os.Rename(d.image+".left", d.image))
	d.run("mount", "-o", d.options, d.image, d.mount)
}

// unmount tries again while somebody is there: a process that this one forked
// has all its files until it becomes another program.
func (d disk) unmount() {
	d.t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); <-time.After(10 * time.Millisecond) {
		if exec.Command("umount", d.mount).Run() == nil {
			return
		}
	}
	d.run("umount", d.mount)
}

func (d disk) run(name string, args ...string) {
	d.t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		d.t.Fatalf("%s %q: %v: %s", name, args, err, out)
	}
}
