package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/syncsvc/syncsvc/config"
	"github.com/syncsvc/syncsvc/control"
)

// patience is how long a command waits for an answer that takes no work. Who
// has not answered by then hangs.
const patience = 15 * time.Second

// supervisor returns a client that asks the service as a whole.
func (a *app) supervisor() (*control.Client, error) {
	s, err := a.service()
	if err != nil {
		return nil, err
	}
	return control.Dial(control.Socket(s.RunDir, control.ServiceName)), nil
}

// moduleClient asks one module, through the supervisor or, where only the
// module runs, at its own socket.
type moduleClient struct {
	*control.Client
	name  string
	base  string // what its routes begin with, as "/v1/modules/www"
	alone bool   // there is no supervisor
}

// module returns whom to ask about the module called name. It asks whether
// the supervisor is there, and nothing about the module.
func (a *app) module(ctx context.Context, name string) (*moduleClient, error) {
	s, err := a.service()
	if err != nil {
		return nil, err
	}
	if strings.ContainsRune(name, '/') || !filepath.IsLocal(name) || name == "." {
		return nil, usage("syncsvc status", "%q is not a module's name", name)
	}
	c := control.Dial(control.Socket(s.RunDir, control.ServiceName))
	err = quick(ctx, func(ctx context.Context) error { return c.Get(ctx, "/v1/version", nil) })
	if errors.Is(err, control.ErrNotRunning) {
		own := control.Dial(control.Socket(s.RunDir, name))
		return &moduleClient{Client: own, name: name, base: "/v1", alone: true}, nil
	}
	if err != nil {
		return nil, err
	}
	return &moduleClient{Client: c, name: name, base: "/v1/modules/" + url.PathEscape(name)}, nil
}

// get asks for a route of the module, "/status", and waits as long as it takes.
func (m *moduleClient) get(ctx context.Context, route string, answer any) error {
	return m.explain(m.Get(ctx, m.base+route, answer))
}

// post sends request to a route of the module and waits as long as it takes.
func (m *moduleClient) post(ctx context.Context, route string, request, answer any) error {
	return m.explain(m.Post(ctx, m.base+route, request, answer))
}

// explain names the module in errors that would not.
func (m *moduleClient) explain(err error) error {
	if err == nil || strings.Contains(err.Error(), m.name) {
		return err
	}
	return fmt.Errorf("module %q: %w", m.name, err)
}

// quick makes a request whose answer takes no work.
func quick(ctx context.Context, request func(context.Context) error) error {
	return atMost(ctx, patience, request)
}

// atMost makes a request whose answer must be there after limit.
func atMost(ctx context.Context, limit time.Duration, request func(context.Context) error) error {
	short, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	err := request(short)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		err = fmt.Errorf("no answer for %s: %w", limit, err)
		return withHint(err, "it may hang or the machine be overloaded; look at \"syncsvc logs\" and \"syncsvc service status\"")
	}
	return err
}

// completeModules completes module names in a shell. It reads the folder of
// module files, so that it works without a running service.
func (a *app) completeModules(_ *cobra.Command, given []string, begun string) ([]string, cobra.ShellCompDirective) {
	s, err := a.service()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var names []string
	for _, name := range config.Names(s.ConfDir) {
		if strings.HasPrefix(name, begun) && !slices.Contains(given, name) {
			names = append(names, name)
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// completeModule is completeModules for commands that take one module first.
func (a *app) completeModule(cmd *cobra.Command, given []string, begun string) ([]string, cobra.ShellCompDirective) {
	if len(given) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return a.completeModules(cmd, given, begun)
}
