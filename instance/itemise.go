package instance

import (
	"strings"

	"github.com/syncsvc/syncsvc/rsync"
)

// inWords says in what an entry differs, from what rsync itemised; "" when in
// nothing. The letters are those of --itemize-changes, see rsync(1).
func inWords(it rsync.Item) string {
	switch {
	case it.Deleted:
		return "extra"
	case it.New:
		return "missing"
	}
	about := attributes(it.Change[2:])
	switch it.Change[0] {
	case '<', '>', 'c':
		return strings.TrimSuffix("content: "+about, ": ")
	case 'h':
		about = strings.TrimSuffix("hard link, "+about, ", ")
	}
	if about == "" {
		return ""
	}
	return "attributes: " + about
}

// attributes names what the letters of an item's second part stand for.
func attributes(letters string) string {
	names := map[rune]string{
		'c': "checksum", 's': "size", 't': "time", 'T': "time", 'p': "mode", 'o': "owner", 'g': "group",
		'u': "access time", 'n': "creation time", 'b': "access and creation time", 'a': "ACL", 'x': "extended attributes",
	}
	var list []string
	for _, l := range letters {
		if name, ok := names[l]; ok {
			list = append(list, name)
		}
	}
	return strings.Join(list, ", ")
}
