package instance

import "testing"

func TestDeletionsOverTheLimitAreToldOnce(t *testing.T) {
	for want, got := range map[string]string{
		"20 deletions are more than max_delete allows: 9":                         overLimit(20, 0, "9", 9),
		"1 deletion is more than max_delete allows: 0":                            overLimit(1, 0, "0", 0),
		"9 deletions, 5 of them made already, are more than max_delete allows: 8": overLimit(4, 5, "8", 8),
		"300 deletions are more than max_delete allows: 50%, which is 120 here":   overLimit(300, 0, "50%", 120),
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
