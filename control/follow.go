package control

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// maxValue bounds one value of a stream, in bytes.
const maxValue = 4 << 20

// Stream asks for route, which answers with a stream, and calls each with
// every value as it comes, as JSON. It returns nil when the other end has
// finished, what each returned as soon as that is an error, and otherwise what
// [Client.Get] would.
func (c *Client) Stream(ctx context.Context, route string, each func(value json.RawMessage) error) error {
	resp, err := c.open(ctx, http.MethodGet, route, nil)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	events := strings.HasPrefix(resp.Header.Get("Content-Type"), Events.ContentType())
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, maxValue)
	for lines.Scan() {
		value := bytes.TrimSpace(lines.Bytes())
		if events {
			data, ok := bytes.CutPrefix(value, []byte("data:"))
			if !ok { // a comment, an empty line
				continue
			}
			value = bytes.TrimSpace(data)
		}
		if len(value) == 0 {
			continue
		}
		if err := each(value); err != nil {
			return err
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("read from %s: %w", c.path, err)
	}
	return nil
}
