package rsync

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Release is a version of rsync.
type Release struct{ Major, Minor, Patch int }

// String returns it as in "3.2.7".
func (r Release) String() string { return fmt.Sprintf("%d.%d.%d", r.Major, r.Minor, r.Patch) }

// AtLeast reports whether r is that release or a later one.
func (r Release) AtLeast(major, minor, patch int) bool {
	switch {
	case r.Major != major:
		return r.Major > major
	case r.Minor != minor:
		return r.Minor > minor
	}
	return r.Patch >= patch
}

var versionLine = regexp.MustCompile(`^rsync +version v?(\d+)\.(\d+)(?:\.(\d+))?`)

// versionTimeout bounds a call that does nothing but print.
const versionTimeout = 10 * time.Second

// Version asks a program which rsync it is.
func Version(ctx context.Context, program string) (Release, error) {
	return version(ctx, []string{program})
}

func version(ctx context.Context, call []string) (Release, error) {
	ctx, cancel := context.WithTimeout(ctx, versionTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, call[0], append(call[1:len(call):len(call)], "--version")...)
	cmd.Env = environment(os.LookupEnv)
	cmd.WaitDelay = time.Second
	out, err := cmd.Output()
	if err != nil {
		return Release{}, fmt.Errorf("ask %s for its version: %w", call[0], err)
	}
	return parseVersion(string(out))
}

func parseVersion(out string) (Release, error) {
	found := versionLine.FindStringSubmatch(out)
	if found == nil {
		return Release{}, fmt.Errorf("not the output of rsync --version: %.40q", out)
	}
	var n [3]int
	for i := range n {
		n[i], _ = strconv.Atoi(found[i+1])
	}
	return Release{n[0], n[1], n[2]}, nil
}

// makesPaths reports whether the rsync of a job knows --mkpath. It asks once.
func (r *Runner) makesPaths(ctx context.Context, j job) bool {
	call := j.call()
	key := strings.Join(call, "\x00")
	r.mu.Lock()
	release, known := r.releases[key]
	r.mu.Unlock()
	if !known {
		var err error
		if release, err = version(ctx, call); err != nil {
			return false
		}
		r.mu.Lock()
		r.releases[key] = release
		r.mu.Unlock()
	}
	return release.AtLeast(3, 2, 3)
}
