package instance

import (
	"fmt"
	"net/http"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/syncsvc/syncsvc/control"
)

// maxName is how many bytes the name of a file may have; see path_resolution(7).
const maxName = 255

// nameable refuses a path that no file can have. rsync would be asked for it
// for ever, and nothing else would be sent meanwhile.
func nameable(path string) error {
	refuse := func(why string) error {
		return &control.Failed{Status: http.StatusBadRequest, Err: fmt.Errorf("no file can be called so: the path %s", why)}
	}
	switch {
	case strings.ContainsRune(path, 0):
		return refuse("has a NUL byte")
	case len(path) >= unix.PathMax:
		return refuse(fmt.Sprintf("is longer than %d bytes", unix.PathMax-1))
	}
	for name := range strings.SplitSeq(path, "/") {
		if len(name) > maxName {
			return refuse(fmt.Sprintf("has a name of more than %d bytes in it", maxName))
		}
	}
	return nil
}
