package main

import (
	"slices"

	"github.com/spf13/cobra"
)

// arrange puts the commands of the program under headings in its help. A
// command that is in none of them stands at the end.
func arrange(root *cobra.Command) {
	const learn = "About the program:"
	headings := []struct {
		title    string
		commands []string
	}{
		{"See how it goes:", []string{"status", "top", "events", "logs", "wait", "why", "failures", "verify", "check"}},
		{"Act on modules:", []string{"sync", "approve", "pause", "resume", "start", "stop", "restart", "enable", "disable"}},
		{"Change what is mirrored:", []string{"add-module", "remove-module", "import", "plan", "reload", "config", "rsyncd-conf"}},
		{"Run it:", []string{"run", "service", "sersync", "demo"}},
		{learn, []string{"completion", "version"}},
	}
	for _, h := range headings {
		root.AddGroup(&cobra.Group{ID: h.title, Title: h.title})
		for _, c := range root.Commands() {
			if slices.Contains(h.commands, c.Name()) {
				c.GroupID = h.title
			}
		}
	}
	root.SetHelpCommandGroupID(learn)
}
