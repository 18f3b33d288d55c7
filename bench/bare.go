package main

import "context"

// sendBare is the floor: the one rsync that exactly this work needs, with the
// one option that makes small pushes quick. What is in the source, relative to
// it; "" is everything, deletions included.
func sendBare(ctx context.Context, s *site, what string) error {
	argv := []string{"rsync", "-a", "--sockopts=TCP_NODELAY"}
	if what == "" {
		argv = append(argv, "--delete")
	}
	return finish(ctx, append(argv, s.source+"/"+what, s.url(0)+"/")...)
}
