package instance_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/syncsvc/syncsvc/compare"
)

// TestVandals: several hands do whatever can be done to a small tree, as fast
// as they can and in each other's way. When they stop, nothing differs.
func TestVandals(t *testing.T) {
	onStages(t, func(t *testing.T, s stage) {
		m := s.newMirror(t, "max_delete: off", "settle: {quiet: 200ms, at_most: 1s}")
		m.start().settled()
		m.heard(s)
		rounds, span := 4, time.Second
		if long() {
			rounds, span = 60, 3*time.Second
		}
		if n, err := strconv.Atoi(os.Getenv("SYNCSVC_VANDAL_ROUNDS")); err == nil {
			rounds = n
		}
		seed := uint64(time.Now().UnixNano())
		if n, err := strconv.ParseUint(os.Getenv("SYNCSVC_VANDAL_SEED"), 10, 64); err == nil {
			seed = n
		}
		for round := range rounds {
			m.vandalise(seed+uint64(round), time.Duration(rand.Int64N(int64(span))))
			m.settle()
			m.endsAlike(apartFromPartials())
			if t.Failed() {
				t.Fatalf("in round %d of seed %d", round, seed)
			}
		}
	})
}

// apartFromPartials is strict but for what rsync keeps of an upload that was cut
// short: when the file has gone meanwhile, nobody comes back for it.
func apartFromPartials() compare.Options {
	o := strictly
	o.Spare = func(path string, dir bool) bool { return dir && filepath.Base(path) == ".rsync-partial" }
	return o
}

// vandalise lets three vandals loose for a while.
func (m *mirror) vandalise(seed uint64, span time.Duration) {
	m.Helper()
	m.mkdir(m.attic("."))
	gang := &gang{in: m.source, out: m.attic(".")}
	up := make(chan struct{})
	timer := time.AfterFunc(span, func() { close(up) })
	defer timer.Stop()
	var hands sync.WaitGroup
	for i := range uint64(3) {
		v := &vandal{gang: gang, r: rand.New(rand.NewPCG(seed, i))}
		hands.Go(func() {
			for {
				select {
				case <-up:
					return
				default:
					v.act()
				}
			}
		})
	}
	hands.Wait()
}

// gang is what vandals share.
type gang struct {
	in, out string // the tree, and a folder beside it on the same file system

	// linking keeps files with several names from being changed through one
	// of them: nobody hears of that for the others.
	linking sync.RWMutex
}

// vandal does random things. What fails, because another was faster or the
// names don't fit, is not done.
type vandal struct {
	*gang
	r *rand.Rand
}

// name is a random path in the tree; all of them meet each other often, and
// the same name may be a file, a folder or anything else.
func (v *vandal) name() string {
	parts := []string{v.in}
	for range 1 + v.r.IntN(3) {
		parts = append(parts, string(rune('a'+v.r.IntN(5))))
	}
	return strings.Join(parts, "/")
}

func (v *vandal) outside() string {
	return filepath.Join(v.out, strconv.Itoa(v.r.IntN(4)))
}

func (v *vandal) act() {
	type deed struct {
		weight int
		do     func()
	}
	deeds := []deed{
		{12, v.write},
		{6, v.edit},
		{8, v.mkdirs},
		{8, v.rename},
		{3, v.exchange},
		{4, func() { _ = unix.Unlink(v.name()) }},
		{2, func() { v.removeAll(v.name()) }},
		{1, func() { _ = unix.Rmdir(v.name()) }},
		{3, func() { _ = os.Symlink("../"+strconv.Itoa(v.r.IntN(9)), v.name()) }},
		{1, func() { _ = unix.Mkfifo(v.name(), 0o600) }},
		{2, v.link},
		{3, v.attributes},
		{2, v.times},
		{2, v.saveOver},
		{2, v.emigrate},
		{2, v.immigrate},
		{1, v.retype},
		{1, v.nameless},
	}
	total := 0
	for _, d := range deeds {
		total += d.weight
	}
	n := v.r.IntN(total)
	for _, d := range deeds {
		if n -= d.weight; n < 0 {
			d.do()
			return
		}
	}
}

// text is new content: mostly small, sometimes worth renaming on the target,
// seldom big enough for the slow lane. Sizes repeat.
func (v *vandal) text() []byte {
	n := v.r.IntN(3) * 10
	switch v.r.IntN(200) {
	case 0:
		n = 9 << 20
	case 1, 2, 3, 4, 5, 6:
		n = 300 << 10
	}
	b := make([]byte, n)
	copy(b, fmt.Sprint(v.r.Uint64()))
	return b
}

func (v *vandal) write() {
	v.linking.RLock()
	defer v.linking.RUnlock()
	v.open(v.name(), os.O_CREATE|os.O_TRUNC, func(f *os.File) {
		_, _ = f.Write(v.text())
	})
}

// open opens a file for writing unless it has several names.
func (v *vandal) open(path string, flags int, use func(f *os.File)) {
	how := os.O_WRONLY | unix.O_NOFOLLOW | unix.O_NONBLOCK
	if st, err := os.Lstat(path); err == nil && (!st.Mode().IsRegular() || several(st)) {
		return
	}
	f, err := os.OpenFile(path, how|flags&^os.O_TRUNC, 0o644)
	if err != nil {
		return
	}
	defer f.Close()
	if st, err := f.Stat(); err != nil || !st.Mode().IsRegular() || several(st) {
		return
	}
	if flags&os.O_TRUNC != 0 {
		_ = f.Truncate(0)
	}
	use(f)
}

// edit changes a file in place, now and then under its old size and time, and
// now and then without ever closing it in time.
func (v *vandal) edit() {
	v.linking.RLock()
	defer v.linking.RUnlock()
	path := v.name()
	v.open(path, 0, func(f *os.File) {
		st, err := f.Stat()
		if err != nil {
			return
		}
		switch v.r.IntN(4) {
		case 0:
			_, _ = f.WriteAt([]byte(fmt.Sprint(v.r.IntN(10))), 0)
			_ = os.Chtimes(fmt.Sprintf("/proc/self/fd/%d", f.Fd()), st.ModTime(), st.ModTime())
		case 1:
			_, _ = f.WriteAt([]byte("tail"), st.Size())
		case 2:
			_ = f.Truncate(st.Size() / 2)
		case 3:
			_ = f.Truncate(st.Size() + 5)
		}
	})
}

// removeAll is "rm -rf". [os.RemoveAll] would wait for a writer if the folder
// above is a fifo by then.
func (v *vandal) removeAll(path string) {
	if root, err := os.OpenRoot(v.in); err == nil {
		_ = root.RemoveAll(strings.TrimPrefix(path, v.in+"/"))
		_ = root.Close()
	}
}

func (v *vandal) mkdirs() { _ = os.MkdirAll(v.name(), 0o755) }

func (v *vandal) rename() { _ = unix.Rename(v.name(), v.name()) }

func (v *vandal) exchange() {
	_ = unix.Renameat2(unix.AT_FDCWD, v.name(), unix.AT_FDCWD, v.name(), unix.RENAME_EXCHANGE)
}

// link gives a file one more name.
func (v *vandal) link() {
	v.linking.Lock()
	defer v.linking.Unlock()
	old := v.name()
	if st, err := os.Lstat(old); err == nil && st.Mode().IsRegular() {
		_ = os.Link(old, v.name())
	}
}

// attributes changes mode or owner of what has one name.
func (v *vandal) attributes() {
	v.linking.RLock()
	defer v.linking.RUnlock()
	fd, err := unix.Open(v.name(), unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if err != nil {
		return
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if unix.Fstat(fd, &st) != nil || st.Mode&unix.S_IFMT != unix.S_IFDIR && st.Nlink > 1 {
		return
	}
	if v.r.IntN(2) == 0 {
		_ = unix.Fchmod(fd, 0o700|v.r.Uint32N(0o100))
		return
	}
	_ = unix.Fchown(fd, v.r.IntN(3), v.r.IntN(3))
}

// times sets the time of anything that has one name.
func (v *vandal) times() {
	v.linking.RLock()
	defer v.linking.RUnlock()
	path := v.name()
	st, err := os.Lstat(path)
	if err != nil || !st.IsDir() && several(st) {
		return
	}
	fd, err := unix.Open(path, unix.O_PATH|unix.O_NOFOLLOW, 0)
	if err != nil {
		return
	}
	defer unix.Close(fd)
	var now unix.Stat_t
	if unix.Fstat(fd, &now) != nil || now.Mode&unix.S_IFMT != unix.S_IFDIR && now.Nlink > 1 {
		return
	}
	at := unix.NsecToTimespec(int64(v.r.IntN(2_000_000_000)) * 1e9)
	_ = unix.UtimesNanoAt(fd, "", []unix.Timespec{at, at}, unix.AT_EMPTY_PATH)
}

// saveOver writes beside and renames over, as editors do.
func (v *vandal) saveOver() {
	path := v.name()
	tmp := path + ".tmp" + strconv.Itoa(v.r.IntN(2))
	if os.WriteFile(tmp, v.text(), 0o644) == nil && unix.Rename(tmp, path) != nil {
		_ = os.Remove(tmp)
	}
}

// emigrate moves something out of the tree, immigrate something in.
func (v *vandal) emigrate() { _ = unix.Rename(v.name(), v.outside()) }

func (v *vandal) immigrate() { _ = unix.Rename(v.outside(), v.name()) }

// retype replaces whatever is there by something of another type.
func (v *vandal) retype() {
	path := v.name()
	v.removeAll(path)
	switch v.r.IntN(3) {
	case 0:
		_ = os.Symlink("b", path)
	case 1:
		if f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600); err == nil {
			_, _ = f.Write(v.text())
			_ = f.Close()
		}
	default:
		_ = os.MkdirAll(path+"/b/c", 0o755)
	}
}

// nameless makes a file without a name and gives it one when it is whole.
func (v *vandal) nameless() {
	dir := v.name()
	fd, err := unix.Open(dir, unix.O_TMPFILE|unix.O_WRONLY, 0o600)
	if err != nil {
		return
	}
	defer unix.Close(fd)
	_, _ = unix.Write(fd, v.text())
	_ = unix.Linkat(unix.AT_FDCWD, fmt.Sprintf("/proc/self/fd/%d", fd), unix.AT_FDCWD, v.name(), unix.AT_SYMLINK_FOLLOW)
}
