package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/syncsvc/syncsvc/control"
)

// logQuery is which part of the log somebody wants.
type logQuery struct {
	lines  int
	follow bool
	level  string
}

func newLogsCommand(a *app) *cobra.Command {
	var l listing
	var setLevel string
	q := logQuery{lines: 100}
	cmd := &cobra.Command{
		Use:   "logs [MODULE]",
		Short: "Print the last lines of the log, of all modules or of one",
		Long: `Logs prints what the service and its modules logged last, the oldest line first,
as far as the running service remembers it. What came before is where the service
manager keeps it: journalctl -u syncsvc.

With --set-level a running module logs more or less until it is restarted, and
nothing is printed of its log unless --follow is given too. To change it for good,
write log_level into its file, or into syncsvc.yaml for all.`,
		Example: `  syncsvc logs
  syncsvc logs www -f --level warn
  syncsvc logs www -n 1000 --json
  syncsvc logs www --set-level debug -f`,
		Args:              perhapsModule,
		ValidArgsFunction: a.completeModule,
		RunE: func(cmd *cobra.Command, args []string) error {
			route, err := q.route(args)
			if err != nil {
				return err
			}
			if cmd.Flags().Changed("set-level") {
				if err := a.setLevel(cmd.Context(), l, args, setLevel); err != nil || !q.follow {
					return err
				}
			}
			return a.logs(cmd.Context(), l, q, route)
		},
	}
	cmd.Flags().IntVarP(&q.lines, "lines", "n", q.lines, "print the last `N` lines")
	cmd.Flags().BoolVarP(&q.follow, "follow", "f", false, "go on with what is logged from now on, until Ctrl-C")
	cmd.Flags().StringVar(&q.level, "level", "", "only from `LEVEL` on: debug, info, warn, error")
	addSetLevel(cmd, &setLevel)
	l.addJSON(cmd)
	return cmd
}

// route is how to ask for it.
func (q logQuery) route(name []string) (string, error) {
	if q.level = strings.ToLower(q.level); q.level != "" && !slices.Contains(logLevels(), q.level) {
		return "", usage("--level warn", "--level %q is none of %s", q.level, strings.Join(logLevels(), " "))
	}
	if q.lines < 0 {
		return "", usage("-n 100", "-n %d is negative", q.lines)
	}
	v := url.Values{"lines": {strconv.Itoa(q.lines)}}
	if len(name) == 1 {
		v.Set("module", name[0])
	}
	if q.follow {
		v.Set("follow", "1")
	}
	if q.level != "" {
		v.Set("level", q.level)
	}
	return "/v1/logs?" + v.Encode(), nil
}

func (a *app) logs(ctx context.Context, l listing, q logQuery, route string) error {
	c, err := a.supervisor()
	if err != nil {
		return err
	}
	err = c.Stream(ctx, route, func(value json.RawMessage) error { return a.tellRecord(l, value) })
	if err == nil && !q.follow {
		return nil
	}
	return a.streamed(ctx, err)
}

// tellRecord prints one line of the log.
func (a *app) tellRecord(l listing, value json.RawMessage) error {
	if l.json {
		return a.write(string(value) + "\n")
	}
	var r control.LogRecord
	if err := json.Unmarshal(value, &r); err != nil {
		return fmt.Errorf("read a line of the log: %w", err)
	}
	return a.write(a.look().Record(r) + "\n")
}
