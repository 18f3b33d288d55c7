package rsync

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

func probeSSH(ctx context.Context, t Target) error {
	if err := t.check(); err != nil {
		return err
	}
	host, port, direct, err := t.endpoint(ctx)
	if err != nil || !direct {
		return err
	}
	_, err = greet(ctx, host, port, func(line string) bool { return strings.HasPrefix(line, "SSH-") })
	return err
}

// endpoint asks the ssh client where it would connect to, its own configuration
// included, without connecting. direct is false when something stands between.
func (t Target) endpoint(ctx context.Context) (host string, port int, direct bool, err error) {
	argv := append(t.ssh(), "-G", strings.Trim(t.Host, "[]"))
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Env = environment(os.LookupEnv)
	cmd.WaitDelay = time.Second
	out, err := cmd.Output()
	if err != nil {
		return "", 0, false, fmt.Errorf("ask ssh how it reaches %s: %w", printable(t.Host), err)
	}
	host, port, direct = t.Host, sshPort, true
	for line := range strings.Lines(string(out)) {
		switch name, value, _ := strings.Cut(strings.TrimSpace(line), " "); name {
		case "hostname":
			host = value
		case "port":
			port, _ = strconv.Atoi(value)
		case "proxyjump", "proxycommand":
			direct = direct && value == "none"
		}
	}
	return host, port, direct, nil
}
