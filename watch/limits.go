package watch

import (
	"bufio"
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Limits is what the kernel allows all processes of one user together, and how
// much of it is in use.
type Limits struct {
	// WatchesKey is the sysctl that binds.
	WatchesKey             string
	Watches, WatchesUsed   int
	Instances, InstanceUse int
	// Queue is how many events the kernel keeps for an instance that does not
	// read them.
	Queue int
	// Own is the part of WatchesUsed that programs of our own name hold.
	Own int
	// Partial says that not all processes could be looked into, so that more
	// may be in use.
	Partial bool
}

// ReadLimits reads the limits and counts, process by process, what is used.
// Numbers that cannot be read are 0.
func ReadLimits() Limits {
	var l Limits
	l.WatchesKey, l.Watches = watchLimit()
	l.Instances = sysctl("fs/inotify/max_user_instances")
	if own := sysctl("user/max_inotify_instances"); own > 0 && own < l.Instances {
		l.Instances = own
	}
	l.Queue = sysctl("fs/inotify/max_queued_events")
	us := programName("/proc/self")
	processes, _ := filepath.Glob("/proc/[0-9]*")
	for _, dir := range processes {
		if !sameUser(dir) {
			continue
		}
		instances, watches, ok := inotifyUse(dir)
		l.InstanceUse += instances
		l.WatchesUsed += watches
		l.Partial = l.Partial || !ok
		if programName(dir) == us {
			l.Own += watches
		}
	}
	return l
}

// inotifyUse counts the instances and watches of a process. An instance that
// several processes share is counted for each.
func inotifyUse(process string) (instances, watches int, ok bool) {
	files, err := os.ReadDir(process + "/fd")
	if err != nil {
		return 0, 0, os.IsNotExist(err)
	}
	for _, f := range files {
		if to, _ := os.Readlink(process + "/fd/" + f.Name()); !strings.Contains(to, "inotify") {
			continue
		}
		instances++
		watches += countWatches(process + "/fdinfo/" + f.Name())
	}
	return instances, watches, true
}

// countWatches counts the lines of one instance that stand for a watch.
func countWatches(fdinfo string) int {
	file, err := os.Open(fdinfo)
	if err != nil {
		return 0
	}
	defer file.Close()
	n := 0
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if bytes.HasPrefix(lines.Bytes(), []byte("inotify wd:")) {
			n++
		}
	}
	return n
}

func programName(process string) string {
	name, _ := os.ReadFile(process + "/comm")
	return strings.TrimSpace(string(name))
}

// sameUser reports whether a process draws on our limits, which go by the real
// user.
func sameUser(process string) bool {
	status, err := os.ReadFile(process + "/status")
	if err != nil {
		return false
	}
	_, after, _ := strings.Cut(string(status), "\nUid:")
	words := strings.Fields(after)
	return len(words) > 0 && words[0] == strconv.Itoa(os.Getuid())
}
