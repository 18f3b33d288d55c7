package main

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/syncsvc/syncsvc/console"
	"github.com/syncsvc/syncsvc/control"
)

// How often a sync is asked how far it is: for a person who looks at a bar, and
// for a log.
const (
	paintEvery = 250 * time.Millisecond
	printEvery = 5 * time.Second
)

// syncOrder is what somebody wants to have synced, and how to be told of it.
type syncOrder struct {
	control.SyncRequest
	dryRun, noWait bool
	listing
}

func newSyncCommand(a *app) *cobra.Command {
	var o syncOrder
	cmd := &cobra.Command{
		Use:   "sync MODULE",
		Short: "Compare everything, or a part, with the targets now and send what differs",
		Long: `Sync compares the whole tree, or what is beneath --path, with all targets or one,
and sends what differs. It shows how far it is and returns when it is done; Ctrl-C
leaves the sync running. What changes meanwhile is sent as always.

With --dry-run nothing is sent: it lists what would be. It exits with 3 when a part
could not be done, and when it was left before its end.`,
		Example:           "  syncsvc sync www\n  syncsvc sync www --path images --target rsync://backup@10.0.0.8/www\n  syncsvc sync www --dry-run",
		Args:              oneModule,
		ValidArgsFunction: a.completeModule,
		RunE: func(cmd *cobra.Command, args []string) error {
			m, err := a.module(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			if o.Path, err = m.treePath(cmd.Context(), o.Path); err != nil {
				return err
			}
			a.noteMissing(cmd.Context(), m, o.Path)
			if o.dryRun {
				return a.dryRun(cmd.Context(), m, o)
			}
			return a.sync(cmd.Context(), m, o)
		},
	}
	addTarget(cmd, &o.Target)
	cmd.Flags().StringVar(&o.Path, "path", "", "only what is beneath `PATH`, relative to the watch folder or absolute")
	cmd.Flags().BoolVarP(&o.dryRun, "dry-run", "n", false, "send nothing, list what would be sent")
	cmd.Flags().BoolVar(&o.noWait, "no-wait", false, "return as soon as it has begun")
	o.addJSON(cmd)
	return cmd
}

// noteMissing remarks on a path that is not in the source: nothing is wrong
// with that, but it may be a mistake in typing.
func (a *app) noteMissing(ctx context.Context, m *moduleClient, path string) {
	if path == "" {
		return
	}
	var why control.WhyAnswer
	err := quick(ctx, func(ctx context.Context) error { return m.get(ctx, "/why?path="+url.QueryEscape(path), &why) })
	if err == nil && !why.Exists {
		a.remark("note: %s is not in the source now", shownPath(path))
	}
}

// sync begins a sync and stays with it until it ends.
func (a *app) sync(ctx context.Context, m *moduleClient, o syncOrder) error {
	var begun control.SyncStarted
	if err := m.post(ctx, "/sync", o.SyncRequest, &begun); err != nil {
		return err
	}
	if o.noWait || begun.ID == "" {
		if o.json {
			return a.printJSON(begun, true)
		}
		a.say("%s: %s", m.name, console.Safe(begun.Message))
		return nil
	}
	p, err := a.follow(ctx, m, o, begun.ID)
	switch {
	case ctx.Err() != nil:
		a.remark("the sync of %s goes on; look at it with: syncsvc status %s", m.name, m.name)
		return silent(errBehind)
	case err != nil:
		return err
	}
	if o.json {
		if err := a.printJSON(p, true); err != nil {
			return err
		}
	}
	return m.judgeSync(ctx, p)
}

// judgeSync says whether everything is where it should be now.
func (m *moduleClient) judgeSync(ctx context.Context, p control.Progress) error {
	for _, t := range p.Targets {
		if t.Error == "" {
			continue
		}
		verdict, hint := errBehind, "syncsvc failures "+m.name
		if m.held(ctx, t.Target) {
			verdict, hint = errHeld, "syncsvc approve "+m.name
		}
		return withHint(fmt.Errorf("%w: %s: %s", verdict, console.Safe(t.Target), console.Safe(t.Error)), hint)
	}
	return nil
}

// held reports whether deletions wait for approval at a target.
func (m *moduleClient) held(ctx context.Context, target string) bool {
	var st control.Status
	if quick(ctx, func(ctx context.Context) error { return m.get(ctx, "/status", &st) }) != nil {
		return false
	}
	return slices.ContainsFunc(st.Targets, func(t control.Target) bool { return t.URL == target && t.Held > 0 })
}

// follow shows how far a sync is until it ends, and returns its last word.
func (a *app) follow(ctx context.Context, m *moduleClient, o syncOrder, id string) (control.Progress, error) {
	meter := a.newMeter(o.json)
	tick := time.NewTicker(paintEvery)
	defer tick.Stop()
	for {
		var p control.Progress
		ask := func(ctx context.Context) error { return m.get(ctx, "/sync/"+url.PathEscape(id), &p) }
		if err := quick(ctx, ask); err != nil {
			return p, err
		}
		if err := meter.show(p, time.Now()); err != nil || p.Done {
			return p, err
		}
		select {
		case <-ctx.Done():
			return p, ctx.Err()
		case <-tick.C:
		}
	}
}
