package rsync

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// ErrUntold is wrapped when a kind of target has no way to tell.
var ErrUntold = errors.New("cannot be told")

// RemoteVersion asks which rsync works at the other end. A daemon tells only
// its protocol: see [Protocol].
func RemoteVersion(ctx context.Context, t Target) (Release, error) {
	switch t.Kind {
	case Local:
		return version(ctx, t.call())
	case SSH:
		out, err := overSSH(ctx, t, t.remoteProgram()+" --version")
		if err != nil {
			return Release{}, err
		}
		return parseVersion(out)
	}
	return Release{}, fmt.Errorf("version of a daemon: %w", ErrUntold)
}

// remoteProgram is what rsync itself would have run there; a shell reads it.
func (t Target) remoteProgram() string {
	program := "rsync"
	for _, w := range words(t) {
		if w.name != "rsync-path" || len(w.text) == 0 {
			continue
		}
		if _, value, ok := strings.Cut(w.text[0], "="); ok {
			program = value
		} else {
			program = w.text[len(w.text)-1]
		}
	}
	return program
}

// overSSH runs a command of the remote shell. The error is what ssh or the
// command said.
func overSSH(ctx context.Context, t Target, command string) (string, error) {
	if err := t.check(); err != nil {
		return "", err
	}
	argv := append(t.ssh(), strings.Trim(t.Host, "[]"), command)
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Env = environment(os.LookupEnv)
	cmd.WaitDelay = time.Second
	out, err := cmd.Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && len(exit.Stderr) > 0 {
		lines := strings.Split(strings.TrimSpace(string(exit.Stderr)), "\n")
		return "", errors.New(printable(strings.TrimRight(lines[len(lines)-1], "\r")))
	}
	if err != nil {
		return "", fmt.Errorf("run %.40q on %s: %w", command, t.Host, err)
	}
	return string(out), nil
}

// Space is what is left where a target is.
type Space struct {
	Bytes int64
	Files int64 // inodes; -1 when the file system does not count them
}

// SpaceLeft asks how much room there is for the closest folder to the target's
// that exists. A daemon does not tell.
func SpaceLeft(ctx context.Context, t Target) (Space, error) {
	switch t.Kind {
	case Local:
		return spaceHere(t.Path)
	case SSH:
		return spaceThere(ctx, t)
	}
	return Space{}, fmt.Errorf("space left on a daemon: %w", ErrUntold)
}

func spaceHere(folder string) (Space, error) {
	for {
		var fs unix.Statfs_t
		err := unix.Statfs(folder, &fs)
		switch {
		case err == nil && fs.Files == 0:
			return Space{Bytes: int64(fs.Bavail) * fs.Bsize, Files: -1}, nil
		case err == nil:
			return Space{Bytes: int64(fs.Bavail) * fs.Bsize, Files: int64(fs.Ffree)}, nil
		case !errors.Is(err, unix.ENOENT) || folder == path.Dir(folder):
			return Space{}, fmt.Errorf("statfs %s: %w", printable(folder), err)
		}
		folder = path.Dir(folder)
	}
}

// spaceThere runs df twice: -i and -k do not go together everywhere. Of a
// folder that is not there yet df says nothing; then the one above is asked.
func spaceThere(ctx context.Context, t Target) (Space, error) {
	at := shellQuote(t.folder(""))
	command := fmt.Sprintf("d=%s; while ! [ -d \"$d\" ] && [ \"$d\" != / ]; do d=$(dirname -- \"$d\"); done; df -Pk -- \"$d\" && df -Pi -- \"$d\"", at)
	out, err := overSSH(ctx, t, command)
	if err != nil {
		return Space{}, err
	}
	return parseDF(out)
}

// shellQuote writes a word so that every shell of Unix reads it unchanged.
func shellQuote(word string) string {
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// parseDF reads the second and the fourth line, whose fourth word is what is
// left.
func parseDF(out string) (Space, error) {
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if len(lines) != 4 {
		return Space{}, fmt.Errorf("not the output of df: %.60q", out)
	}
	kib, err := leftOf(lines[1])
	if err != nil || kib > math.MaxInt64/1024 {
		return Space{}, fmt.Errorf("not the output of df: %.60q", lines[1])
	}
	files, err := leftOf(lines[3])
	if err != nil {
		files = -1 // "-"
	}
	return Space{Bytes: kib * 1024, Files: files}, nil
}

func leftOf(line string) (int64, error) {
	words := strings.Fields(line)
	if len(words) < 4 {
		return 0, errors.New("too few words")
	}
	return strconv.ParseInt(words[3], 10, 64)
}
