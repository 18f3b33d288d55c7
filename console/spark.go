package console

import (
	"strings"
	"time"
)

// sparkSteps are the lags from which on a mark is one higher. They are the
// same for every module, so that marks can be compared.
var sparkSteps = [...]time.Duration{
	time.Second, 5 * time.Second, 15 * time.Second, time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour,
}

// Spark draws how a lag in seconds has gone, the newest at the right, in that
// many columns.
func Spark(lags []float64, columns int) string {
	marks := []rune("▁▂▃▄▅▆▇█")
	if len(lags) > columns {
		lags = lags[len(lags)-columns:]
	}
	var b strings.Builder
	b.WriteString(strings.Repeat(" ", columns-len(lags)))
	for _, lag := range lags {
		height := 0
		for height < len(sparkSteps) && lag >= sparkSteps[height].Seconds() {
			height++
		}
		b.WriteRune(marks[height])
	}
	return b.String()
}
