package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/syncsvc/syncsvc/console"
	"github.com/syncsvc/syncsvc/service/takeover"
)

func newServiceTakeoverCommand(a *app, f *serviceFlags) *cobra.Command {
	var yes, dry bool
	cmd := &cobra.Command{
		Use:   "takeover",
		Short: "Take the start of sersync, lsyncd and inotifywait loops out of rc.local",
		Long: `Takeover looks through rc.local and its like for lines that start something else
that mirrors: sersync, lsyncd, or a loop around inotifywait. It shows what it
would change, asks, keeps a copy beside the file (rc.local.syncsvc-DATE) and
comments the lines out. Lines of cron, units and so on it only names.

It ends no process, but tells of those that run: two that mirror the same folder
undo each other's work.`,
		Example: "  syncsvc service takeover --dry-run\n  syncsvc service takeover --yes",
		Args:    noArguments,
		RunE: func(*cobra.Command, []string) error {
			if yes && dry {
				return usage("give one of the two", "--yes and --dry-run contradict each other")
			}
			return a.takeover(f.root, yes, dry)
		},
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask")
	cmd.Flags().BoolVar(&dry, "dry-run", false, "only show what would be changed")
	return cmd
}

func (a *app) takeover(root string, yes, dry bool) error {
	if root != "" {
		abs, err := filepath.Abs(root)
		if err != nil {
			return fmt.Errorf("--root: %w", err)
		}
		root = abs
	}
	r, err := takeover.Find(root)
	if err != nil {
		return err
	}
	for _, name := range r.Unread {
		a.remark("warning: %s: only root may read it", name)
	}
	changes := a.showFiles(r.Files)
	a.showElsewhere(r.Elsewhere)
	if root == "" {
		a.remarkRunning()
	}
	switch {
	case len(r.Files)+len(r.Elsewhere) == 0:
		a.say("nothing else that mirrors is started at boot")
		return nil
	case !changes || dry:
		return nil
	}
	if !yes {
		if err := a.confirm("comment these lines out?"); err != nil {
			return err
		}
	}
	return a.commentOut(r.Files)
}

// showFiles prints what would be changed, and says whether anything would.
func (a *app) showFiles(files []takeover.File) bool {
	changes := false
	for _, f := range files {
		for _, l := range f.Lines {
			switch {
			case l.Stays != "":
				a.remark("%s:%d: starts %s, but stays as it is: %s", f.Path, l.Number, l.Starts, l.Stays)
			case l.Also:
				a.remark("warning: %s:%d: the line does something else too, which will not be done any more", f.Path, l.Number)
			}
		}
		if f.Idle() {
			a.remark("%s is not executable, so most systems do not run it", f.Path)
		}
		if f.Changes() {
			a.showDiff(f.Diff())
			changes = true
		}
	}
	return changes
}

// showDiff prints a comparison of two texts that anybody may have written.
func (a *app) showDiff(diff []byte) {
	for line := range strings.Lines(string(diff)) {
		a.say("%s", console.Safe(strings.ReplaceAll(strings.TrimSuffix(line, "\n"), "\t", "    ")))
	}
}

func (a *app) showElsewhere(all []takeover.Mention) {
	for _, m := range all {
		place := m.Path
		if m.Number > 0 {
			place = fmt.Sprintf("%s:%d", m.Path, m.Number)
		}
		a.say("%s: starts %s, by hand: %s", place, m.Starts, m.Hint)
	}
}

// remarkRunning warns of what mirrors right now.
func (a *app) remarkRunning() {
	running, err := takeover.Running("/proc")
	if err != nil {
		a.remark("warning: can't tell what runs now: %v", err)
		return
	}
	for _, p := range running {
		a.remark("warning: pid %d mirrors now: %s", p.Pid, console.Safe(p.Command))
		pids := fmt.Sprint(p.Pid)
		if p.Parent != 0 {
			a.remark("it was started by pid %d: %s", p.Parent, console.Safe(p.Script))
			pids = fmt.Sprint(p.Parent, " ", p.Pid)
		}
		fmt.Fprintf(a.err, "hint: two that mirror one folder undo each other's work; end it before modules start: kill %s\n", pids)
	}
}

// confirm asks a person. Anything but a yes is a no.
func (a *app) confirm(question string) error {
	if !isTerminal(a.in) {
		return usage("--yes does it without asking, --dry-run only shows it", "nobody is there to be asked: this is no terminal")
	}
	fmt.Fprintf(a.err, "%s [y/N] ", question)
	line, err := bufio.NewReader(a.in).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read the answer: %w", err)
	}
	switch strings.ToLower(strings.TrimSpace(line)) {
	case "y", "yes":
		return nil
	}
	return errors.New("nothing was changed")
}

func (a *app) commentOut(files []takeover.File) error {
	for _, f := range files {
		if !f.Changes() {
			continue
		}
		backup, err := f.Apply(time.Now())
		switch {
		case errors.Is(err, takeover.ErrChanged):
			return withHint(err, "run it again")
		case errors.Is(err, os.ErrPermission):
			return withHint(err, "run it as root")
		case err != nil:
			return err
		}
		a.say("%s: lines commented out; it was copied to %s", f.Path, backup)
	}
	return nil
}
