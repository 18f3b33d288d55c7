package console

import (
	"fmt"
	"strings"

	"github.com/syncsvc/syncsvc/control"
)

// barWidth is how many columns a progress bar takes.
const barWidth = 20

// Progress writes how far a sync is, a line for each target.
func (l Look) Progress(p control.Progress) []string {
	lines := make([]string, 0, len(p.Targets))
	for _, t := range p.Targets {
		text := fmt.Sprintf("%s %3.0f%%  %s  %s", l.Bar(percent(t), barWidth), percent(t), targetProgress(t), l.Dim(Safe(t.Target)))
		lines = append(lines, Cut(text, l.width()))
	}
	return lines
}

// ProgressLine writes how far a sync with one target is without a bar.
func (l Look) ProgressLine(t control.TargetProgress) string {
	return fmt.Sprintf("%s: %.0f%%, %s", Safe(t.Target), percent(t), targetProgress(t))
}

// percent is never 100 before the end.
func percent(t control.TargetProgress) float64 {
	if t.Done && t.Error == "" {
		return 100
	}
	return min(max(t.Percent, 0), 99)
}

func targetProgress(t control.TargetProgress) string {
	parts := []string{Plural(t.Files, "file"), Bytes(t.Bytes)}
	if t.Deleted > 0 {
		parts = append(parts, Count(t.Deleted)+" deleted")
	}
	switch {
	case t.Error != "":
		parts = append(parts, "FAILED: "+Safe(firstLine(t.Error)))
	case t.Done:
		parts = append(parts, "done")
	case t.Waiting != "":
		parts = append(parts, "waits: "+Safe(firstLine(t.Waiting)))
	default:
		parts = append(parts, Rate(t.Rate))
		if t.ETA > 0 {
			parts = append(parts, Seconds(t.ETA)+" left")
		}
	}
	return strings.Join(parts, ", ")
}

// Bar draws a progress bar of that many columns.
func (l Look) Bar(percent float64, columns int) string {
	inner := max(columns-2, 1)
	full := int(min(max(percent, 0), 100) * float64(inner) / 100)
	return "[" + l.Good(strings.Repeat("=", full)) + strings.Repeat(" ", inner-full) + "]"
}
