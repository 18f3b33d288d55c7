package rsync

import (
	"strconv"
	"strings"
)

// itemFormat is what rsync prints for an item: a mark no other message begins
// with, eleven letters, the bytes sent for it, its name. The name comes last
// because it may contain anything. Asking for %b makes rsync print a file after
// it was sent instead of before.
const itemFormat = ">%i %b %n"

// changeWidth is the width of %i since rsync 3.0.
const changeWidth = 11

// Item is one entry that rsync itemised: something it did, or in a dry run
// would do, on the target. That a file was sent does not prove that it was
// stored; see Result.Failed.
type Item struct {
	// Path is relative to Job.Base; "." is Base itself.
	Path string
	// Change is rsync's own string of eleven letters, such as "<f.st......".
	Change string
	// Bytes is what went over the wire for a file.
	Bytes int64
	// Dir says that it is a folder, Deleted that it was removed from the
	// target, New that it was not there before.
	Dir, Deleted, New bool
}

// Sent reports whether a file's content was sent.
func (i Item) Sent() bool { return !i.Deleted && (i.Change[0] == '<' || i.Change[0] == '>') }

// parseItem reads an unescaped line of output.
func parseItem(line string) (Item, bool) {
	if len(line) < 1+changeWidth+1 || line[0] != '>' || line[1+changeWidth] != ' ' {
		return Item{}, false
	}
	size, name, found := strings.Cut(line[1+changeWidth+1:], " ")
	bytes, err := strconv.ParseInt(size, 10, 64)
	if !found || err != nil || name == "" {
		return Item{}, false
	}
	change := line[1 : 1+changeWidth]
	item := Item{Change: change, Bytes: bytes, Dir: strings.HasSuffix(name, "/")}
	item.Deleted = strings.HasPrefix(change, "*deleting")
	item.New = !item.Deleted && strings.HasSuffix(change, "+++++++++")
	item.Path = clean(name)
	return item, true
}

// clean returns the path in the form used throughout: no slash or "./" around
// it, "." for the folder itself.
func clean(name string) string {
	name = strings.TrimSuffix(strings.TrimPrefix(name, "./"), "/")
	name = strings.TrimSuffix(name, "/.")
	if name == "" {
		return "."
	}
	return name
}
