package rsync

import (
	"context"
	"crypto/rand"
	"errors"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"
)

// Trial is what trying a target out has shown.
type Trial struct {
	// Result is that of the step that failed; its class is Done when none did.
	Result
	// Folder is where a file could be written: Target.Path, or when that is not
	// there yet the closest folder above it.
	Folder  string
	Missing bool // Target.Path is not there yet
	// Ahead is by how much the target's clock is ahead of ours, if Told. It is 0
	// when the difference is less than the trial took.
	Ahead time.Duration
	Told  bool
	// Fault is what the target's rsync says that refuses deletions by name, see
	// Result.RefusesMissing; "" = it does not.
	Fault string
	// Left is the name of the probe file when it could not be removed again.
	Left string
}

// errPattern is why some folders are not tried.
var errPattern = errors.New("the folder's name has a letter of patterns in it, so only a mirror can tell")

// untryTimeout is how long the removal of a probe file may take, also when the
// trial was to end already.
const untryTimeout = 20 * time.Second

// Try finds out whether a mirror could write to a target, without changing what
// is there. It rehearses a job, with deletions if those are wanted, and then
// writes a file of a name that nobody can guess, beginning with ".syncsvc-probe-",
// reads it back and removes it, whatever way ctx ends. Nothing else is touched
// but the time of the folder.
//
// The file gets its time from the target's own clock, which is how that is
// told.
func (r *Runner) Try(ctx context.Context, t Target, deletes bool) Trial {
	scratch, err := os.MkdirTemp("", "syncsvc-probe-")
	if err != nil {
		return Trial{Result: notRun(Unknown, err, "")}
	}
	defer os.RemoveAll(scratch)
	p := probeFile{runner: r, folder: scratch, name: ".syncsvc-probe-" + rand.Text()}
	if err := p.make(); err != nil {
		return Trial{Result: notRun(Unknown, err, "")}
	}
	rehearsal := Job{Dir: p.in(), Paths: []string{p.name}, Delete: deletes, MaxDelete: -1, DryRun: true}
	result := r.Run(ctx, t, rehearsal)
	fault := ""
	if result.RefusesMissing {
		fault, rehearsal.OnlyListed = result.Reason, true
		result = r.Run(ctx, t, rehearsal)
	}
	if result.Class != Done {
		return Trial{Result: result}
	}
	if isPattern(t.Path) {
		return Trial{Result: notRun(Unknown, errPattern, "")}
	}
	tried := p.try(ctx, t)
	tried.Fault = fault
	return tried
}

// probeFile is the file that is sent to and fro. It is sent from one folder
// and comes back into another.
type probeFile struct {
	runner       *Runner
	folder, name string
}

func (p probeFile) out() string { return filepath.Join(p.folder, "out") }
func (p probeFile) in() string  { return filepath.Join(p.folder, "in") }

// make makes the folders so that another user may run rsync in them.
func (p probeFile) make() error {
	err := os.Chmod(p.folder, 0o755)
	for _, dir := range []string{p.out(), p.in()} {
		err = errors.Join(err, os.Mkdir(dir, 0o755), os.Chmod(dir, 0o777))
	}
	return errors.Join(err, os.WriteFile(filepath.Join(p.out(), p.name), []byte("syncsvc was here\n"), 0o644))
}

// try looks for a folder to write in, and writes.
func (p probeFile) try(ctx context.Context, t Target) Trial {
	var tried Trial
	var began time.Time
	for {
		began = time.Now()
		tried.Result, tried.Folder = p.write(ctx, t), t.Path
		above := path.Dir(t.Path)
		if !noSuchFolder(tried.Result) || above == t.Path || t.Path == "" {
			break
		}
		tried.Missing, t.Path = true, strings.TrimPrefix(above, ".")
	}
	ended := time.Now()
	switch tried.Class {
	case Done:
		tried.Ahead, tried.Told, tried.Left = p.fetch(ctx, t, began, ended)
	case Partial, Refused, Config: // nothing was written
	default:
		tried.Left = p.remove(ctx, t)
	}
	return tried
}

// noSuchFolder reports whether rsync found no folder to write into. Given the
// name of a file it makes none.
func noSuchFolder(r Result) bool {
	return strings.HasPrefix(r.Reason, "change_dir#") && strings.Contains(r.Reason, "No such file")
}

// fewWords is how often a failure is asked for again that may have lost its
// words: a receiver that gives up at once can be gone before ssh has passed them
// on (seen on a busy machine).
const fewWords = 3

// write sends the file without its times, so that it gets the target's. Written
// in place, a lack of permission would be told as "No such file" (3.5.0).
func (p probeFile) write(ctx context.Context, t Target) (r Result) {
	const errorsInFileSelection = 3 // of rsync(1)
	for range fewWords {
		r = p.rsync(ctx, t, p.out(), here+p.name, t.destination("")+p.name)
		if r.Code != errorsInFileSelection || noSuchFolder(r) {
			break
		}
	}
	return r
}

// fetch brings the file back, which removes it there, and compares clocks.
func (p probeFile) fetch(ctx context.Context, t Target, began, ended time.Time) (ahead time.Duration, told bool, left string) {
	if ctx.Err() != nil {
		return 0, false, p.remove(ctx, t)
	}
	back := p.rsync(ctx, t, p.in(), "--times", "--remove-source-files", t.destination("")+p.name, here)
	info, err := os.Stat(filepath.Join(p.in(), p.name))
	if back.Class != Done || err != nil {
		return 0, false, p.remove(ctx, t)
	}
	switch at := info.ModTime(); {
	case at.Before(began):
		ahead = at.Sub(began)
	case at.After(ended):
		ahead = at.Sub(ended)
	}
	return ahead, true, ""
}

// remove deletes the file by naming it as missing: nothing else can be meant.
// It returns the name if that failed.
func (p probeFile) remove(ctx context.Context, t Target) (left string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), untryTimeout)
	defer cancel()
	if err := os.RemoveAll(filepath.Join(p.in(), p.name)); err != nil {
		return p.name
	}
	gone := p.rsync(ctx, t, p.in(), "--dirs", "--delete-missing-args", here+p.name, t.destination(""))
	if gone.Class == Done || noSuchFolder(gone) {
		return ""
	}
	return p.name
}

// rsync runs with what it takes to reach the target and nothing else of its
// arguments.
func (p probeFile) rsync(ctx context.Context, t Target, dir string, args ...string) Result {
	if err := p.runner.enter(); err != nil {
		return notRun(Killed, err, "")
	}
	defer p.runner.jobs.Done()
	program, err := lookUp(t.program())
	if err != nil {
		return notRun(Config, err, "")
	}
	root, err := pin(dir, "")
	if err != nil {
		return notRun(classOf(err, Source), err, "")
	}
	defer root.Close()
	argv := append(t.call(), reachArgs(t)...)
	argv = append(argv, "-8", "--no-motd", "--info=stats1", "--no-human-readable", "--out-format="+itemFormat)
	argv = append(append(argv, connectArgs(t, words(t))...), args...)
	j := job{Target: t, Job: Job{Paths: []string{p.name}}, program: program, root: root}
	result, _ := p.runner.conduct(ctx, j, argv)
	return result
}

// reachArgs are the user's arguments that concern the way to the other rsync.
func reachArgs(t Target) []string {
	var args []string
	for _, w := range words(t) {
		switch w.name {
		case "rsync-path", "remote-option", "sockopts", "address", "port", "protocol", "ipv4", "ipv6", "trust-sender", "copy-as":
			args = append(args, w.text...)
		case "":
			if len(w.text) == 1 && (w.text[0] == "-4" || w.text[0] == "-6" || strings.HasPrefix(w.text[0], "-M")) {
				args = append(args, w.text...)
			}
		}
	}
	return args
}
