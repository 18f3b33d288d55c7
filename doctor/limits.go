package doctor

import (
	"context"
	"fmt"
	"math/bits"

	"github.com/dustin/go-humanize"

	"github.com/syncsvc/syncsvc/config"
	"github.com/syncsvc/syncsvc/watch"
)

// smallQueue is the kernel's own default.
const smallQueue = 16384

// limits compares what the modules need of the kernel with what is free.
func (e *exam) limits(ctx context.Context) []Finding {
	l := watch.ReadLimits()
	if l.Watches == 0 {
		return []Finding{{What: "inotify watches", Level: Unknown, Message: "the kernel does not tell its limits"}}
	}
	findings := []Finding{e.watches(ctx, l)}
	findings = append(findings, instances(l, e.instancesNeeded()))
	if l.Queue < smallQueue {
		return append(findings, Finding{
			What: "event queue", Level: Warn,
			Message: fmt.Sprintf("fs.inotify.max_queued_events is %d; a burst of more makes a walk of the tree necessary", l.Queue),
			Hint:    fmt.Sprintf("sysctl -w fs.inotify.max_queued_events=%d", smallQueue),
		})
	}
	return append(findings, Finding{What: "event queue", Level: OK, Message: humanize.Comma(int64(l.Queue)) + " events"})
}

// watches adds up the folders of all trees that are watched one by one.
func (e *exam) watches(ctx context.Context, l watch.Limits) Finding {
	about := Finding{What: "inotify watches"}
	var need int64
	for _, m := range e.Modules {
		if m.Backend == config.BackendPoll || m.Backend == config.BackendFanotify {
			continue
		}
		seen := e.survey(ctx, m)
		if seen.err == nil {
			need += seen.folders
		}
	}
	used := int64(l.WatchesUsed)
	if !e.Planned {
		used -= int64(l.Own) // they are what is needed, or a part of it
	}
	free := max(0, int64(l.Watches)-used)
	message := fmt.Sprintf("%s needed, %s free of %s (%s)", humanize.Comma(need), humanize.Comma(free), humanize.Comma(int64(l.Watches)), l.WatchesKey)
	if l.Partial {
		message += ", or less: not all processes could be looked into"
	}
	if need > free {
		return about.with(Warn, message+"; trees that do not fit are watched by fanotify, or polled in part",
			sysctlHint(l.WatchesKey, int(used+need+need/2)))
	}
	return about.with(OK, message, "")
}

// instancesNeeded is one a module, as long as it does not run.
func (e *exam) instancesNeeded() int {
	if e.Planned {
		return len(e.Modules)
	}
	return 0
}

func instances(l watch.Limits, need int) Finding {
	about := Finding{What: "inotify instances"}
	free := max(0, l.Instances-l.InstanceUse)
	message := fmt.Sprintf("%d free of %d (fs.inotify.max_user_instances)", free, l.Instances)
	if free <= need {
		return about.with(Warn, message+"; a module that gets none uses fanotify, or polls", sysctlHint("fs.inotify.max_user_instances", 2*l.Instances))
	}
	return about.with(OK, message, "")
}

// sysctlHint says how to raise a limit, now and for good.
func sysctlHint(key string, want int) string {
	value := 1 << bits.Len(uint(want-1))
	return fmt.Sprintf("sysctl -w %s=%d, and the same line (%s = %d) in /etc/sysctl.d/90-syncsvc.conf", key, value, key, value)
}
