package scan

import "time"

// Stats is what a walk saw.
type Stats struct {
	// Folders and Entries count what is not excluded, the walked path itself
	// included; a folder is an entry too.
	Folders, Entries int64
	// Found is the number of changes handed to emit.
	Found int64
	// Took is the time from start to end, waiting for emit included.
	Took time.Duration
	// Unreadable names the first 100 folders whose entries the kernel would
	// not tell. Each of them was also emitted, as a Tree.
	Unreadable []string
	// Mounts names the first 100 folders in the tree that are mount points.
	Mounts []string
}

// maxNamed bounds the lists of paths.
const maxNamed = 100

// named appends paths up to the bound.
func named(list []string, paths ...string) []string {
	room := min(len(paths), maxNamed-len(list))
	return append(list, paths[:room]...)
}

// total adds up what all workers saw.
func total(workers []*worker) Stats {
	var sum Stats
	for _, w := range workers {
		sum.Folders += w.stats.Folders
		sum.Entries += w.stats.Entries
		sum.Found += w.batch.found
		sum.Unreadable = named(sum.Unreadable, w.stats.Unreadable...)
		sum.Mounts = named(sum.Mounts, w.stats.Mounts...)
	}
	return sum
}
