package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/syncsvc/syncsvc/console"
	"github.com/syncsvc/syncsvc/control"
)

func newVerifyCommand(a *app) *cobra.Command {
	var l listing
	var req control.VerifyRequest
	var sample string
	cmd := &cobra.Command{
		Use:   "verify MODULE",
		Short: "Compare with the targets without changing them, list differences",
		Long: `Verify compares the source with its targets, changes nothing there, and lists what
differs: what is missing on a target, extra there, of other content, or of other
attributes. With --checksum it reads the contents on both sides, which takes long;
with --sample it looks at a part of the files, chosen anew each time. With --repair
what differs is sent.

It exits with 3 when there is a difference, or when a target could not be compared.`,
		Example: "  syncsvc verify www\n  syncsvc verify www --checksum --sample 10%\n  syncsvc verify www --path images --repair",
		Args:    oneModule, ValidArgsFunction: a.completeModule,
		RunE: func(cmd *cobra.Command, args []string) error {
			var err error
			if req.Sample, err = parseSample(sample); err != nil {
				return err
			}
			m, err := a.module(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			answer, err := a.verify(cmd.Context(), m, req)
			if err != nil {
				return err
			}
			return a.tellDifferences(l, answer)
		},
	}
	cmd.Flags().BoolVar(&req.Checksum, "checksum", false, "compare contents, not only sizes and times")
	cmd.Flags().StringVar(&sample, "sample", "", "compare only `PERCENT` of the files, as 10%")
	cmd.Flags().BoolVar(&req.Repair, "repair", false, "send what differs")
	cmd.Flags().StringVar(&req.Path, "path", "", "only what is beneath `PATH`, relative to the watch folder or absolute")
	addTarget(cmd, &req.Target)
	l.addJSON(cmd)
	return cmd
}

// parseSample reads "10%" or "10"; "" is everything, 0.
func parseSample(text string) (float64, error) {
	if text == "" {
		return 0, nil
	}
	percent, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(text, "%")), 64)
	if err != nil || !(percent > 0 && percent <= 100) {
		return 0, usage("--sample 10%", "--sample %q is no percentage between 0 and 100", text)
	}
	return percent, nil
}

// verify compares, however long that takes. Ctrl-C ends it.
func (a *app) verify(ctx context.Context, m *moduleClient, req control.VerifyRequest) (control.VerifyAnswer, error) {
	var answer control.VerifyAnswer
	var err error
	if req.Path, err = m.treePath(ctx, req.Path); err != nil {
		return answer, err
	}
	if isTerminal(a.err) {
		a.remark("comparing %s of %s; Ctrl-C ends it", shownPath(req.Path), m.name)
	}
	if err := m.post(ctx, "/verify", req, &answer); err != nil {
		return answer, err
	}
	if answer.Differences == nil {
		answer.Differences = []control.Difference{}
	}
	return answer, nil
}

// tellDifferences prints what a verification found.
func (a *app) tellDifferences(l listing, answer control.VerifyAnswer) error {
	text := func(l console.Look) string {
		return l.Differences(answer.Differences) + verifySummary(answer)
	}
	if err := a.show(l, listed{value: answer, text: text}); err != nil {
		return err
	}
	for _, e := range answer.Errors {
		a.remark("not compared: %s", console.Safe(e))
	}
	if len(answer.Differences) > 0 || answer.More > 0 || len(answer.Errors) > 0 {
		return silent(errBehind)
	}
	return nil
}

func verifySummary(v control.VerifyAnswer) string {
	n := int64(len(v.Differences)) + v.More
	found := "no difference"
	if n > 0 {
		found = console.Plural(n, "difference")
	}
	text := fmt.Sprintf("%s in %s compared, %s\n", found, console.Plural(v.Compared, "file"), console.Seconds(v.Took))
	if v.More > 0 {
		text = fmt.Sprintf("and %s more that are not listed\n", console.Count(v.More)) + text
	}
	if v.Repairing > 0 {
		text += console.Plural(v.Repairing, "path") + " on the way now\n"
	}
	return text
}

// dryRun lists what a sync would do.
func (a *app) dryRun(ctx context.Context, m *moduleClient, o syncOrder) error {
	answer, err := a.verify(ctx, m, control.VerifyRequest{Target: o.Target, Path: o.Path})
	if err != nil {
		return err
	}
	err = a.tellDifferences(o.listing, answer)
	if len(answer.Errors) == 0 && is[*said](err) {
		return nil // what differs is the answer, not a failure
	}
	return err
}
