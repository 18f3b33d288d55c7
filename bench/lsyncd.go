package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// startLsyncd runs lsyncd as its manual says for a daemon target. insist makes
// it try again at start; everything else is its default.
func startLsyncd(s *site, w wish, delay int) (*process, error) {
	var conf strings.Builder
	fmt.Fprintf(&conf, "settings { nodaemon = true, insist = true, logfile = %q }\n", filepath.Join(s.dir, "lsyncd.log"))
	limit := ""
	if w.bwlimit > 0 {
		limit = fmt.Sprintf(", bwlimit = %d", w.bwlimit*1024)
	}
	for i := range s.targets {
		fmt.Fprintf(&conf, "sync { default.rsync, source = %q, target = %q, delay = %d, rsync = { archive = true%s } }\n",
			s.source, s.url(i), delay, limit)
	}
	file := filepath.Join(s.dir, "lsyncd.lua")
	if err := os.WriteFile(file, []byte(conf.String()), 0o600); err != nil {
		return nil, fmt.Errorf("write lsyncd's configuration: %w", err)
	}
	return launch(filepath.Join(s.dir, "lsyncd.out"), "lsyncd", file)
}
