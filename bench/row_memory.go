package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

const (
	// memoryBase and memoryFolder are what syncsvc may take, in bytes: at all,
	// and for each watched folder.
	memoryBase, memoryFolder = 40e6, 100
	// idleSpan is how long nothing happens while the processor is watched.
	idleSpan = 10 * time.Second
	// idleReach is in percent of a processor: one tick of the kernel's clock in
	// idleSpan.
	idleReach = 0.1
)

// usage is what a process has of the machine.
type usage struct {
	resident float64 // bytes
	percent  float64 // of one processor, while nothing happens
}

func (u usage) String() string { return fmt.Sprintf("%.1f MB, %.2f %% CPU", u.resident/1e6, u.percent) }

// memoryRow lets systems idle on the big tree.
func memoryRow(ctx context.Context, b *bench) ([]line, error) {
	f, err := b.bigTree()
	if err != nil {
		return nil, err
	}
	found := make(map[string]usage)
	cells := make(map[string]string)
	for _, s := range []struct {
		key string
		system
		wish
	}{{nameSyncsvc, b.ours(), wish{}}, {keyFanotify, b.ours(), wish{backend: "fanotify"}}, {nameLsyncd0, lsyncd(0), wish{}}} {
		u, err := b.rest(ctx, f, s.system, s.wish)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.key, err)
		}
		b.say("memory: %s: %s", s.key, u)
		found[s.key], cells[s.key] = u, u.String()
	}
	work := fmt.Sprintf("resident memory and CPU, idle on %d folders: ", f.folders)
	return []line{
		{work: work + "inotify", cells: cells, claims: claimRest(f, found[nameSyncsvc], 1)},
		{
			work: work + "fanotify", cells: map[string]string{nameSyncsvc: cells[keyFanotify]}, claims: claimRest(f, found[keyFanotify], 0),
			note: "its mark is on the file system, so whatever else happens there meanwhile costs",
		},
	}, nil
}

func claimRest(f *forest, u usage, reach float64) []claim {
	most := memoryBase + memoryFolder*float64(f.folders)
	return []claim{
		compared(number{v: u.resident}, number{v: most}, "x (40 MB + 100 B a folder)", reach),
		{what: "% CPU", ratio: number{v: u.percent}, reach: idleReach},
	}
}

// rest waits until a system is live on the big tree, and longer, and looks at
// what it takes then.
func (b *bench) rest(ctx context.Context, f *forest, sys system, w wish) (usage, error) {
	c, t, err := b.arriveAtStart(ctx, f, sys, w)
	if err != nil {
		return usage{}, err
	}
	defer c.process.stop()
	if t.over {
		return usage{}, errors.New("it did not become live")
	}
	if err := f.idle(ctx, 2*time.Second); err != nil {
		return usage{}, err
	}
	if sys.name == nameSyncsvc {
		if err := b.watchesAll(ctx, f, w); err != nil {
			return usage{}, err
		}
	}
	before := processorTime(c.process.pid())
	if err := pause(ctx, idleSpan); err != nil {
		return usage{}, err
	}
	busy := processorTime(c.process.pid()) - before
	return usage{resident: resident(c.process.pid()), percent: 100 * busy.Seconds() / idleSpan.Seconds()}, c.process.alive()
}

// watchesAll is an error when syncsvc does not watch as it was told.
func (b *bench) watchesAll(ctx context.Context, f *forest, w wish) error {
	st, err := askStatus(ctx, f.site)
	if err != nil {
		return err
	}
	b.say("memory: %s, %s, %d folders watched, %d scans", st.State, st.Backend, st.Folders, st.Scans)
	if w.backend == "" && st.Folders < int64(f.folders) {
		return fmt.Errorf("syncsvc watches %d of %d folders: %s", st.Folders, f.folders, st.WatchHint)
	}
	return nil
}

// ticksPerSecond is the unit of /proc/PID/stat on every Linux that Go runs on.
const ticksPerSecond = 100

// processorTime is what a process has used so far, exact to a tick.
func processorTime(pid int) time.Duration {
	f := stat(strconv.Itoa(pid))
	if len(f) < 13 {
		return 0
	}
	user, _ := strconv.ParseInt(f[11], 10, 64)
	system, _ := strconv.ParseInt(f[12], 10, 64)
	return time.Duration(user+system) * time.Second / ticksPerSecond
}

// resident is a process's memory in bytes.
func resident(pid int) float64 {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	for line := range strings.Lines(string(text)) {
		if f := strings.Fields(line); len(f) > 1 && f[0] == "VmRSS:" {
			kib, _ := strconv.ParseFloat(f[1], 64)
			return kib * 1024
		}
	}
	return 0
}
