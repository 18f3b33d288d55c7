package rsync

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"
)

// here is the source argument. rsync turns a relative one into an absolute
// path and goes there a second time, so a folder replaced in between would be
// mirrored instead; through this link it stays in the folder it was started in.
const here = "/proc/self/cwd/"

// ownArgs make the output readable without guessing. -8 leaves bytes above 127
// as they are; without it rsync escapes in pieces of 1024 bytes and a literal
// \#012 across the border could not be told from a line break. %L is not asked
// for: a long path with a long link target kills rsync with code 13.
var ownArgs = []string{
	"-8", "--no-motd", "--info=stats1", "--no-human-readable", "--out-format=" + itemFormat, "--from0", "--files-from=-",
}

// inPlace are the options that change a file without making a new one.
var inPlace = []string{"inplace", "append", "append-verify", "write-devices"}

// Command returns the argument vector of a job, the program first. The list of
// paths is not part of it: it goes through standard input.
func Command(t Target, j Job) []string { return command(t, j, false) }

func command(t Target, j Job, makePath bool) []string {
	given := words(t)
	argv := []string{t.program()}
	for _, w := range given {
		argv = append(argv, w.text...)
	}
	argv = append(argv, ownArgs...)
	argv = append(argv, shapeArgs(j)...)
	argv = append(argv, basisArgs(j, given)...)
	argv = append(argv, transferArgs(t, j, given)...)
	argv = append(argv, connectArgs(t, given)...)
	if makePath {
		argv = append(argv, "--mkpath")
	}
	argv = append(argv, j.Filters...)
	return append(argv, here, t.destination(j.Base))
}

// shapeArgs say how far a job reaches and whether it deletes. -a recurses even
// with a list of files when told so twice, hence --no-recursive.
func shapeArgs(j Job) []string {
	args := []string{"--no-recursive", "--dirs"}
	if j.Tree {
		args = []string{"--recursive"}
	}
	switch {
	case !j.Delete || j.onlyRoot():
		args = append(args, "--ignore-missing-args")
	default:
		// Without --force a vanished folder that is not empty stays there, and
		// rsync exits 0.
		args = append(args, "--delete", "--force", missingArgs(j))
		if j.MaxDelete >= 0 {
			args = append(args, "--max-delete="+strconv.Itoa(j.MaxDelete))
		}
	}
	return args
}

func missingArgs(j Job) string {
	if j.OnlyListed {
		return "--ignore-missing-args"
	}
	return "--delete-missing-args"
}

// basisArgs say what is compared and what may serve as a basis.
func basisArgs(j Job, given []word) []string {
	var args []string
	if j.IgnoreTimes {
		args = append(args, "--ignore-times")
	}
	if j.Checksum {
		args = append(args, "--checksum")
	}
	// Old and new name share an inode until the old one is deleted.
	if j.LinkDest != "" && !has(given, inPlace...) && !has(given, "compare-dest", "copy-dest") {
		args = append(args, "--link-dest="+j.LinkDest)
	}
	if j.Fuzzy {
		args = append(args, "--fuzzy")
	}
	if j.DryRun {
		args = append(args, "--dry-run")
	}
	if j.FullList {
		args = append(args, "-ii")
	}
	return args
}

func transferArgs(t Target, j Job, given []word) []string {
	var args []string
	if t.Timeout > 0 && !j.Brief {
		args = append(args, "--timeout="+seconds(t.Timeout))
	}
	if t.BWLimit > 0 {
		args = append(args, "--bwlimit="+strconv.FormatInt(max(1, (t.BWLimit+512)/1024), 10))
	}
	if t.Compress {
		args = append(args, "--compress")
	}
	if t.PartialDir != "" && !has(given, inPlace...) {
		args = append(args, "--partial-dir="+t.PartialDir)
	}
	return args
}

func connectArgs(t Target, given []word) []string {
	switch t.Kind {
	case SSH:
		// -s sends the remote path through the protocol, past the remote shell;
		// rsync's own escaping (3.5.0) loses line breaks and "\*".
		return []string{"-s", fmt.Sprintf("--rsh=%s", quoteAll(t.ssh()))}
	case Daemon:
		return daemonArgs(t, given)
	}
	return nil
}

// noDelay sends each small message at once.
const noDelay = "--sockopts=TCP_NODELAY"

func daemonArgs(t Target, given []word) []string {
	var args []string
	if !has(given, "sockopts") {
		// The client leaves Nagle's algorithm on, which costs one small file
		// 40 to 100 ms.
		args = append(args, noDelay)
	}
	if t.ConnectTimeout > 0 {
		args = append(args, "--contimeout="+seconds(t.ConnectTimeout))
	}
	if t.PasswordFile != "" {
		args = append(args, "--password-file="+t.PasswordFile)
	}
	return args
}

// seconds rounds up: 0 would mean no limit.
func seconds(d time.Duration) string {
	return strconv.Itoa(int(math.Ceil(d.Seconds())))
}

// environment is all that rsync and ssh get to see. RSYNC_* would change what
// a command means, and messages must be in English. SYNCSVC_FAMILY is how a
// supervisor finds what a killed instance left behind; see child.MarkEnv.
func environment(lookup func(string) (string, bool)) []string {
	env := []string{"LC_ALL=C"}
	for _, name := range []string{"PATH", "HOME", "USER", "LOGNAME", "SSH_AUTH_SOCK", "KRB5CCNAME", "TZ", "SYNCSVC_FAMILY"} {
		if value, ok := lookup(name); ok {
			env = append(env, name+"="+value)
		}
	}
	return slices.Clip(env)
}
