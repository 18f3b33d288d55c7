package watch

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// instancesFile says how many inotify instances a user may have.
const instancesFile = "/proc/sys/fs/inotify/max_user_instances"

// AllowInstances makes the kernel let a user have at least so many inotify
// instances, and returns how many it was before. It never makes it fewer. Only
// root may, and not in every container.
func AllowInstances(atLeast int) (before int, err error) { return raise(instancesFile, atLeast) }

// raise makes the number in a file at least so big.
func raise(file string, atLeast int) (before int, err error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0, fmt.Errorf("read a kernel limit: %w", err)
	}
	if before, err = strconv.Atoi(strings.TrimSpace(string(text))); err != nil {
		return 0, fmt.Errorf("read %s: %w", file, err)
	}
	if before >= atLeast {
		return before, nil
	}
	if err := os.WriteFile(file, []byte(strconv.Itoa(atLeast)), 0); err != nil {
		return before, fmt.Errorf("raise a kernel limit: %w", err)
	}
	return before, nil
}
