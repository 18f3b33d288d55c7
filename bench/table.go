package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"
)

// number is a measured value in any unit; over says that it is more than that.
type number struct {
	v    float64
	over bool
}

// claim is a ratio with the reach that the project set itself.
type claim struct {
	what  string // "x bare rsync"
	ratio number
	under bool    // its divisor is more than said, hence the ratio less
	reach float64 // 0 is none: the ratio is for information
	least bool    // the ratio is to be at least reach, instead of at most
}

// compared is the ratio of ours to theirs.
func compared(ours, theirs number, what string, reach float64) claim {
	return claim{what: what, ratio: number{ours.v / theirs.v, ours.over}, under: theirs.over, reach: reach}
}

// met says whether the reach is met. It is not when what was measured leaves
// that open.
func (c claim) met() bool {
	if c.least {
		return !c.under && c.ratio.v >= c.reach
	}
	return !c.ratio.over && c.ratio.v <= c.reach
}

func (c claim) String() string {
	sign := ""
	switch {
	case c.under && c.ratio.over:
		sign = "about "
	case c.under:
		sign = "< "
	case c.ratio.over:
		sign = "> "
	}
	digits := fmt.Sprintf("%.2f", c.ratio.v)
	if c.ratio.v < 0.1 {
		digits = fmt.Sprintf("%.2g", c.ratio.v)
	}
	return sign + digits + " " + c.what
}

func (c claim) verdict() string {
	if c.reach == 0 {
		return ""
	}
	sign, word := "≤", "missed"
	if c.least {
		sign = "≥"
	}
	if c.met() {
		word = "met"
	}
	return fmt.Sprintf("%s %.3g: %s", sign, c.reach, word)
}

// line is one work of the table.
type line struct {
	work   string
	cells  map[string]string // by the name of a system
	claims []claim
	note   string // printed below the table
}

// table is the result of a run.
type table struct{ lines []line }

func columns() []string {
	return []string{nameBare, nameLoop, nameLsyncd1, nameLsyncd0, nameSyncsvc}
}

// grid is the table as text, the head first. A line has a row for each claim.
func (t table) grid() [][]string {
	rows := [][]string{append(append([]string{"work"}, columns()...), "ratio", "reach")}
	for _, l := range t.lines {
		claims := l.claims
		if len(claims) == 0 {
			claims = []claim{{}}
		}
		for i, c := range claims {
			row := make([]string, len(rows[0]))
			if i == 0 {
				row[0] = l.work
				for k, name := range columns() {
					row[1+k] = l.cell(name)
				}
			}
			if c.what != "" {
				row[len(row)-2], row[len(row)-1] = c.String(), c.verdict()
			}
			rows = append(rows, row)
		}
	}
	return rows
}

func (l line) cell(name string) string {
	if text, ok := l.cells[name]; ok {
		return text
	}
	return "–"
}

// text prints the table for a terminal.
func (t table) text(out io.Writer, m machine) {
	grid := t.grid()
	widths := make([]int, len(grid[0]))
	for _, row := range grid {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	fmt.Fprintf(out, "%s\n\n", m)
	for _, row := range grid {
		var b strings.Builder
		for i, cell := range row {
			b.WriteString(cell + strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell)+2))
		}
		fmt.Fprintln(out, strings.TrimRight(b.String(), " "))
	}
	for _, note := range t.notes() {
		fmt.Fprintf(out, "\n%s\n", note)
	}
}

func (t table) notes() []string {
	var notes []string
	for _, l := range t.lines {
		if l.note != "" {
			notes = append(notes, l.work+": "+l.note)
		}
	}
	return notes
}

// save writes the table as the README shows it.
func (t table) save(file string, m machine) error {
	var b strings.Builder
	for i, row := range t.grid() {
		fmt.Fprintf(&b, "| %s |\n", strings.Join(row, " | "))
		if i == 0 {
			b.WriteString(strings.Repeat("|---", len(row)) + "|\n")
		}
	}
	fmt.Fprintf(&b, "\n%s\n", m)
	for _, note := range t.notes() {
		fmt.Fprintf(&b, "\n- %s\n", note)
	}
	if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
		return fmt.Errorf("save the table: %w", err)
	}
	return nil
}
