package doctor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/syncsvc/syncsvc/config"
	"github.com/syncsvc/syncsvc/rsync"
)

const (
	// longestTimeout replaces a module's own when it is longer: nothing here
	// keeps a target busy.
	longestTimeout = 20 * time.Second
	// clockTolerance is what a comparison of clocks over a network may be off,
	// and badClock what deserves a remark.
	clockTolerance, badClock = 2 * time.Second, time.Minute
	// littleSpace and fewFiles deserve a remark.
	littleSpace, fewFiles = 100 << 20, 1000
)

// target examines one target from the outside in and stops where it is shut.
func (e *exam) target(ctx context.Context, m *config.Module, ct *config.Target, about Finding) []Finding {
	if wrong := problems(m, about); len(wrong) > 0 || unusable(m) {
		return append(wrong, about.on("writable").with(Unknown, "not tried, because of its configuration", ""))
	}
	t := rsyncTarget(ct)
	findings, ok := reach(ctx, t, about.on("reachable"))
	if !ok {
		return findings
	}
	if ct.Kind == config.Local && homeless(ct.Path) {
		return append(findings, about.on("writable").with(Bad, "neither "+ct.Path+" nor the folder above it is there",
			"is its disk mounted? else make the folder by hand"))
	}
	trial := e.runner.Try(ctx, impersonate(m, t), ct.Delete)
	if there := remoteVersion(ctx, t, about.on("rsync there")); len(there) > 0 && (trial.Class == rsync.Done || there[0].Level != Unknown) {
		findings = append(findings, there...)
	}
	findings = append(findings, tried(trial, about)...)
	if trial.Fault != "" {
		why, _ := rsync.Explain(t, trial.Fault)
		findings = append(findings, about.on("rsync there").with(Warn, trial.Fault, why.String()))
	}
	if trial.Class != rsync.Done {
		return findings
	}
	return append(findings, around(ctx, t, trial, about)...)
}

// unusable reports whether something that all targets have in common has a
// problem already: another message about it would only confuse.
func unusable(m *config.Module) bool {
	return slices.ContainsFunc(config.CheckSystem(m), func(p config.Problem) bool { return !p.CanWait && urlOf(m, p.Key) == "" })
}

func reach(ctx context.Context, t rsync.Target, about Finding) ([]Finding, bool) {
	if t.Kind == rsync.Local {
		return nil, true
	}
	if err := rsync.Probe(ctx, t); err != nil {
		return []Finding{explained(t, about, err)}, false
	}
	return []Finding{about.with(OK, "it answers", "")}, true
}

func explained(t rsync.Target, about Finding, err error) Finding {
	why, _ := rsync.Explain(t, err.Error())
	return about.with(Bad, err.Error(), why.String())
}

func remoteVersion(ctx context.Context, t rsync.Target, about Finding) []Finding {
	switch t.Kind {
	case rsync.Local:
		return nil
	case rsync.Daemon:
		n, err := rsync.Protocol(ctx, t)
		if err != nil {
			return []Finding{explained(t, about, err)}
		}
		return []Finding{about.with(OK, fmt.Sprintf("speaks protocol %d, so it is 3.1.0 or newer", n), "")}
	}
	release, err := rsync.RemoteVersion(ctx, t)
	switch {
	case err != nil:
		return []Finding{about.with(Unknown, "its version cannot be told: "+err.Error(), "")}
	case !release.AtLeast(3, 1, 0):
		return []Finding{about.with(Bad, "rsync there is "+release.String(), "install rsync 3.1.0 or newer there")}
	}
	return []Finding{about.with(OK, "rsync there is "+release.String(), "")}
}

// homeless reports whether a local folder is missing together with the one it
// lies in, which a mirror refuses to make.
func homeless(folder string) bool {
	_, err := os.Stat(folder)
	_, above := os.Stat(filepath.Dir(folder))
	return errors.Is(err, os.ErrNotExist) && errors.Is(above, os.ErrNotExist)
}

// tried tells what came of writing a probe file.
func tried(trial rsync.Trial, about Finding) []Finding {
	var findings []Finding
	if trial.Left != "" {
		findings = append(findings, about.on("probe file").with(Warn, trial.Left+" could not be removed again",
			"remove it by hand; it holds nothing"))
	}
	switch {
	case trial.Class == rsync.Killed || trial.Class == rsync.Unknown:
		return append(findings, about.on("writable").with(Unknown, trial.Reason, trial.Hint))
	case trial.Class != rsync.Done:
		f := about.on(stage(trial.Result))
		return append(findings, f.with(Bad, strings.TrimPrefix(trial.Reason, "1 path failed: "), trial.Hint))
	}
	message := "a file was written and removed again"
	if trial.Missing {
		message += "; the target folder is not there yet and will be made"
	}
	return append(findings, about.on("writable").with(OK, message, ""))
}

// around looks at what else concerns a target that can be written to.
func around(ctx context.Context, t rsync.Target, trial rsync.Trial, about Finding) []Finding {
	findings := []Finding{space(ctx, t, about.on("free space"))}
	if t.Kind != rsync.Local {
		findings = append(findings, clock(trial, about.on("clock")))
	}
	if t.Kind == rsync.Daemon {
		findings = append(findings, about.on("TCP_NODELAY").with(Unknown, "a daemon does not tell",
			"have 'socket options = TCP_NODELAY' in its rsyncd.conf: small changes arrive in 4 ms instead of 10 to 20"))
	}
	return findings
}

// Where a trial failed, told by the words of rsync and ssh.
var (
	atLogin  = regexp.MustCompile(`auth failed|Permission denied \([a-z]|Host key|HOST IDENTIFICATION|access denied|password file`)
	atModule = regexp.MustCompile(`^@ERROR`)
)

// stage is how far a trial that failed had come.
func stage(r rsync.Result) string {
	switch {
	case atLogin.MatchString(r.Reason):
		return "login"
	case atModule.MatchString(r.Reason):
		return "module"
	case r.Class == rsync.Away:
		return "reachable"
	}
	return "writable"
}

// clock compares the time that the target gave to a new file with ours.
func clock(trial rsync.Trial, about Finding) Finding {
	off := trial.Ahead.Abs().Round(time.Second)
	switch {
	case !trial.Told:
		return about.with(Unknown, "the time there cannot be told, because nothing can be read back", "")
	case off <= clockTolerance:
		return about.with(OK, "the time there is ours", "")
	}
	side := "ahead of"
	if trial.Ahead < 0 {
		side = "behind"
	}
	message := fmt.Sprintf("the time there is %s %s ours", off, side)
	if off < badClock {
		return about.with(OK, message, "")
	}
	return about.with(Warn, message+"; mirrors do not mind, but logs are hard to compare", "run a time service on both sides: chrony or systemd-timesyncd")
}

func space(ctx context.Context, t rsync.Target, about Finding) Finding {
	left, err := rsync.SpaceLeft(ctx, t)
	switch {
	case errors.Is(err, rsync.ErrUntold):
		return about.with(Unknown, "a daemon does not tell", "")
	case err != nil:
		return about.with(Unknown, "cannot be told: "+err.Error(), "")
	}
	message := humanize.IBytes(uint64(max(0, left.Bytes))) + " free"
	if left.Files >= 0 {
		message += ", " + count(left.Files, "inode")
	}
	switch {
	case left.Bytes == 0 || left.Files == 0:
		return about.with(Bad, message, "free some space on the target; see df and df -i there")
	case left.Bytes < littleSpace || left.Files >= 0 && left.Files < fewFiles:
		return about.with(Warn, message, "free some space on the target; see df and df -i there")
	}
	return about.with(OK, message, "")
}

// rsyncTarget is where a module's target is, for rsync.
func rsyncTarget(ct *config.Target) rsync.Target {
	return rsync.Target{
		Kind: rsync.Kind(ct.Kind), User: ct.User, Host: ct.Host, Port: ct.Port, Module: ct.Module, Path: ct.Path,
		SSH:          rsync.Shell(ct.SSH),
		PasswordFile: ct.PasswordFile, Program: ct.Rsync.Program, Args: ct.Rsync.Args,
		Timeout: min(ct.Rsync.Timeout, longestTimeout), ConnectTimeout: ct.Rsync.ConnectTimeout,
	}
}
