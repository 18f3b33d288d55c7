package instance_test

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/syncsvc/syncsvc/compare"
	"github.com/syncsvc/syncsvc/control"
	"github.com/syncsvc/syncsvc/rsync/rsyncd"
)

// distant is a second target on a daemon of its own, for better or worse.
type distant struct {
	*mirror
	far    *rsyncd.Daemon
	module rsyncd.Module
}

// quickly makes outages short enough for a test.
const quickly = "rsync: {connect_timeout: 5s, timeout: 60s}"

// newDistant is a mirror with a near target that is always well, and a far one.
func newDistant(t testing.TB, change func(*distant), options ...string) *distant {
	t.Helper()
	d := &distant{mirror: newMirror(t, 1, append([]string{quickly}, options...)...)}
	path := filepath.Join(d.dir, "far")
	d.mkdir(path, filepath.Join(d.dir, "far-daemon"))
	d.targets = append(d.targets, path)
	d.module = rsyncd.Module{Name: "far", Path: path}
	if change != nil {
		change(d)
	}
	far, err := rsyncd.Start(rsyncd.Options{Dir: filepath.Join(d.dir, "far-daemon"), Modules: []rsyncd.Module{d.module}})
	d.must(err)
	t.Cleanup(far.Stop)
	d.far = far
	d.urls = append(d.urls, far.URL("far"))
	return d
}

// outage is a way for the far target to be away.
type outage struct {
	name   string
	reason string // part of what status says
	change func(*distant)
	begin  func(*distant)
	end    func(*distant)
}

var outages = []outage{
	{
		name: "refused", reason: "refused",
		begin: func(d *distant) { d.far.Stop() },
		end:   func(d *distant) { d.must(d.far.Restart()) },
	},
	{
		name: "black hole", reason: "time",
		begin: func(d *distant) { d.must(d.drop("-I")) },
		end:   func(d *distant) { d.must(d.drop("-D")) },
	},
	{
		name: "hung", reason: "does not greet",
		begin: func(d *distant) { d.far.Pause() },
		end:   func(d *distant) { d.far.Resume() },
	},
	{
		name: "wrong password", reason: "auth failed",
		change: func(d *distant) { d.module.AuthUsers = map[string]string{"bob": "word"} },
		begin:  func(d *distant) { d.secret("wrong") },
		end:    func(d *distant) { d.secret("word") },
	},
	{
		name: "unknown module", reason: "Unknown module",
		begin: func(d *distant) { d.must(d.far.Restart(rsyncd.Module{Name: "other", Path: d.targets[1]})) },
		end:   func(d *distant) { d.must(d.far.Restart(d.module)) },
	},
	{
		name: "read-only module", reason: "read only",
		begin: func(d *distant) { m := d.module; m.ReadOnly = true; d.must(d.far.Restart(m)) },
		end:   func(d *distant) { d.must(d.far.Restart(d.module)) },
	},
	{
		name: "read-only disk", reason: "Read-only file system",
		change: func(d *distant) { d.tmpfs("size=64m") },
		begin:  func(d *distant) { d.remount("ro") },
		end:    func(d *distant) { d.remount("rw") },
	},
	{
		name: "full disk", reason: "No space left",
		change: func(d *distant) { d.tmpfs("size=64k") },
		begin:  func(d *distant) { d.put("wide", strings.Repeat("x", 100_000)) },
		end:    func(d *distant) { d.remount("size=64m") },
	},
}

// shortly returns the outages of these names, in the long run all.
func shortly(all []outage, names ...string) []outage {
	if long() {
		return all
	}
	return slices.DeleteFunc(slices.Clone(all), func(o outage) bool { return !slices.Contains(names, o.name) })
}

// drop makes the far daemon's port swallow packets, or not.
func (d *distant) drop(how string) error {
	port := strconv.Itoa(d.far.Port)
	out, err := exec.Command("iptables", "-w", how, "INPUT", "-i", "lo", "-p", "tcp", "--dport", port, "-j", "DROP").CombinedOutput()
	if err != nil {
		return fmt.Errorf("iptables: %w: %s", err, out)
	}
	if how == "-I" {
		d.Cleanup(func() { _ = d.drop("-D") })
	}
	return nil
}

// secret makes the password file of the far target anew.
func (d *distant) secret(word string) {
	file := filepath.Join(d.dir, "password")
	d.must(os.WriteFile(file, []byte(word+"\n"), 0o600))
	url := strings.Replace(d.far.URL("far"), "//", "//bob@", 1)
	d.urls[1] = "{url: " + strconv.Quote(url) + ", password_file: " + file + "}"
}

// tmpfs gives the far target a disk of its own.
func (d *distant) tmpfs(options string) {
	if err := unix.Mount("none", d.targets[1], "tmpfs", 0, options+",mode=755"); err != nil {
		d.Skipf("mount a tmpfs: %v", err)
	}
	d.Cleanup(func() { _ = unix.Unmount(d.targets[1], unix.MNT_DETACH) })
}

func (d *distant) remount(option string) {
	out, err := exec.Command("mount", "-o", "remount,"+option, d.targets[1]).CombinedOutput()
	if err != nil {
		d.Fatalf("remount: %v: %s", err, out)
	}
}

// complete reports whether a target has everything.
func (m *mirror) complete(target int) bool {
	diff, _, err := compare.Trees(m.source, m.targets[target], strictly)
	return err == nil && len(diff) == 0
}

// away waits until status says why the far target is not there, while the near
// one gets everything.
func (d *distant) away(reason string) {
	d.Helper()
	d.until("the near target has everything", func() bool { return d.complete(0) })
	var st control.Status
	d.until("the far target is known to be away: "+reason, func() bool {
		st = d.status()
		far := st.Targets[1]
		return far.State == control.Backoff && strings.Contains(far.Reason, reason)
	})
	far := st.Targets[1]
	if far.Hint == "" || far.Owed == 0 || far.Lag == 0 || far.LastError == "" {
		d.Errorf("status of a target that is away: %+v", far)
	}
	if near := st.Targets[0]; near.State == control.Backoff || st.State != control.Degraded {
		d.Errorf("the module is %s, the near target %s: %s", st.State, near.State, near.Reason)
	}
}

// fewLines is what an outage may take in the log: a network can come back, go and
// come back.
const fewLines = 3

// back waits until everything is everywhere and checks what the log says of it.
func (d *distant) back() {
	d.Helper()
	began := time.Now()
	d.settled()
	d.Logf("equal %s after the target's return", time.Since(began).Round(10*time.Millisecond))
	d.until("the log says so", func() bool { return strings.Contains(d.output.String(), "target is back") })
	log := d.output.String()
	paths := strings.Count(log, "some paths failed") // which may tell first that a disk is read-only
	if w, b := strings.Count(log, "level=WARN")-paths, strings.Count(log, "target is back"); w < 1 || w > fewLines || b < 1 || b > fewLines {
		d.Errorf("%d warnings and %d returns in the log, want one of each, or a few", w, b)
	}
	d.untilState(control.Live)
}

// stir changes a bit of everything.
func (m *mirror) stir(round int) {
	m.Helper()
	for i := range 10 {
		m.put(fmt.Sprintf("round%d/d%d/f", round, i), fmt.Sprint(round, i))
	}
	m.put("same", fmt.Sprint("round ", round))
	if round > 0 {
		m.must(os.RemoveAll(m.src(fmt.Sprintf("round%d/d3", round-1))))
		m.must(os.Rename(m.src(fmt.Sprintf("round%d/d4", round-1)), m.src(fmt.Sprintf("round%d/moved", round))))
	}
}

func TestTargetIsAwayAndComesBack(t *testing.T) {
	for _, o := range outages {
		t.Run(o.name, func(t *testing.T) {
			t.Parallel()
			d := newDistant(t, o.change)
			if o.change != nil && d.module.AuthUsers != nil {
				d.secret("word")
			}
			d.stir(0)
			d.start().settled()
			o.begin(d)
			d.stir(1)
			d.away(o.reason)
			d.stir(2)
			d.until("the near target has everything", func() bool { return d.complete(0) })
			o.end(d)
			d.back()
		})
	}
}

func TestTargetIsAwayAtTheStart(t *testing.T) {
	for _, o := range shortly(outages, "hung", "wrong password", "full disk") {
		t.Run(o.name, func(t *testing.T) {
			t.Parallel()
			d := newDistant(t, o.change)
			d.stir(0)
			o.begin(d)
			d.start()
			d.away(o.reason)
			d.stir(1)
			d.until("the near target has everything", func() bool { return d.complete(0) })
			o.end(d)
			d.back()
		})
	}
}

// TestTargetIsLostInMidTransfer: only what concerns the connection can happen
// in the middle of a file.
func TestTargetIsLostInMidTransfer(t *testing.T) {
	mid := append([]outage{{
		name: "killed", reason: "", begin: func(d *distant) { d.far.Kill() }, end: outages[0].end,
	}}, outages[:3]...)
	for _, o := range shortly(mid, "killed", "hung") {
		t.Run(o.name, func(t *testing.T) {
			t.Parallel()
			d := newDistant(t, nil)
			d.urls[1] = "{url: " + strconv.Quote(d.urls[1]) + ", rsync: {bwlimit: 2m, connect_timeout: 5s}}"
			d.start().settled()
			d.put("big", strings.Repeat("0123456789abcdef", 1<<20))
			d.until("it is being sent", func() bool {
				tr := d.status().Targets[1].Transfers
				return len(tr) > 0 && tr[0].Bytes > 1<<20
			})
			o.begin(d)
			d.stir(0)
			d.away(o.reason)
			o.end(d)
			d.back()
		})
	}
}

func TestConnectionsAreTaken(t *testing.T) {
	t.Parallel()
	d := newDistant(t, func(d *distant) { d.module.Extra = []string{"max connections = 1"} })
	c, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(d.far.Port)))
	d.must(err)
	defer c.Close()
	_, err = c.Write([]byte("@RSYNCD: 31.0\nfar\n"))
	d.must(err)
	answer := bufio.NewScanner(c)
	for answer.Scan() && answer.Text() != "@RSYNCD: OK" {
	}
	d.stir(0)
	d.start()
	d.away("max connections")
	c.Close()
	d.back()
}

func TestHungTargetLeavesTheOnlyThreadToTheOther(t *testing.T) {
	t.Parallel()
	d := newDistant(t, nil, "threads: 1")
	d.stir(0)
	d.start().settled()
	d.far.Pause()
	for round := 1; round < 4; round++ {
		d.stir(round)
		d.until("the near target has everything", func() bool { return d.complete(0) })
	}
	d.away("does not greet")
	d.far.Resume()
	d.back()
}
