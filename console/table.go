package console

import "strings"

// gap is between two columns.
const gap = "  "

// column is one column of a table.
type column struct {
	title string
	right bool // numbers stand at the right
	most  int  // columns at most; 0 = as many as needed. What is more is cut in its middle and must not be coloured
}

// table lays rows out beneath their titles, one line each, the titles first.
// The first columns with a limit are made narrower until it all fits.
func (l Look) table(columns []column, rows [][]string) []string {
	widths := measure(columns, rows)
	l.fit(columns, widths)
	titles := make([]string, len(columns))
	for i, c := range columns {
		titles[i] = l.Bold(CutMiddle(c.title, widths[i]))
	}
	lines := []string{layOut(columns, widths, titles)}
	for _, row := range rows {
		lines = append(lines, layOut(columns, widths, row))
	}
	return lines
}

// measure returns how wide the columns would like to be.
func measure(columns []column, rows [][]string) []int {
	widths := make([]int, len(columns))
	for i, c := range columns {
		widths[i] = Width(c.title)
		for _, row := range rows {
			widths[i] = max(widths[i], Width(row[i]))
		}
		if c.most > 0 {
			widths[i] = min(widths[i], max(c.most, Width(c.title)))
		}
	}
	return widths
}

// fit takes from the columns that can be cut, the widest first.
func (l Look) fit(columns []column, widths []int) {
	const least = 6 // what is narrower says nothing
	total := len(gap) * (len(columns) - 1)
	for _, w := range widths {
		total += w
	}
	for ; total > l.width(); total-- {
		widest := -1
		for i, c := range columns {
			if c.most > 0 && widths[i] > least && (widest < 0 || widths[i] > widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			return
		}
		widths[widest]--
	}
}

func layOut(columns []column, widths []int, cells []string) string {
	var b strings.Builder
	for i, cell := range cells {
		if i > 0 {
			b.WriteString(gap)
		}
		if columns[i].most > 0 && Width(cell) > widths[i] {
			cell = CutMiddle(cell, widths[i])
		}
		b.WriteString(pad(cell, widths[i], columns[i].right))
	}
	return strings.TrimRight(b.String(), " ")
}
