package control

import "time"

// HookStatus is how one hook of a module gets on. Its numbers but Waiting only
// ever grow while the instance runs; they count paths.
type HookStatus struct {
	Name      string `json:"name"`
	Kind      string `json:"kind"` // command, http, socket, cdn or mail
	Waiting   int64  `json:"waiting"`
	Delivered int64  `json:"delivered"`
	Failed    int64  `json:"failed"`    // given up
	Collapsed int64  `json:"collapsed"` // left out because too many waited
	Retries   int64  `json:"retries"`   // attempts that failed and were made again

	LastSuccess *time.Time `json:"last_success"`
	LastError   string     `json:"last_error,omitempty"`
	LastErrorAt *time.Time `json:"last_error_at,omitempty"`
	NextTry     *time.Time `json:"next_try,omitempty"` // while the receiver is away
}
