package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

// bashAlone makes cobra's script work where the package bash-completion, whose
// functions it uses, is not installed. Words with ":" or "=" in them are then
// only completed after that character.
const bashAlone = `
if ! declare -F _get_comp_words_by_ref >/dev/null; then
    __syncsvc_init_completion()
    {
        COMPREPLY=()
        words=("${COMP_WORDS[@]}")
        cword=$COMP_CWORD
        cur=${words[cword]}
        prev=${words[cword - 1]}
    }
    declare -F _filedir >/dev/null || _filedir()
    {
        local how=f
        [[ ${1-} == -d ]] && how=d
        IFS=$'\n' read -ra COMPREPLY -d '' < <(compgen -$how -- "$cur")
    }
fi
`

// newCompletionCommand replaces the one that cobra adds by itself.
func newCompletionCommand(a *app) *cobra.Command {
	group := newGroup("completion", "Print what makes a shell complete commands and modules",
		`Completion prints a script for a shell, which then completes commands, flags and
the names of modules. Packages install these scripts for everybody.`)
	group.AddCommand(
		newShellCommand("bash", `To have it now, and in every new shell:
  source <(syncsvc completion bash)
  syncsvc completion bash > /etc/bash_completion.d/syncsvc

The second line needs the package bash-completion. Without it, put the first
line into ~/.bashrc.`, func(root *cobra.Command) error {
			if err := root.GenBashCompletionV2(a.out, true); err != nil {
				return err
			}
			_, err := fmt.Fprint(a.out, bashAlone)
			return err
		}),
		newShellCommand("zsh", `To have it in every new shell:
  syncsvc completion zsh > "${fpath[1]}/_syncsvc"

It needs "autoload -U compinit; compinit" in ~/.zshrc.`,
			func(root *cobra.Command) error { return root.GenZshCompletion(a.out) }),
		newShellCommand("fish", `To have it now, and in every new shell:
  syncsvc completion fish | source
  syncsvc completion fish > ~/.config/fish/completions/syncsvc.fish`,
			func(root *cobra.Command) error { return root.GenFishCompletion(a.out, true) }),
	)
	return group
}

func newShellCommand(shell, long string, print func(root *cobra.Command) error) *cobra.Command {
	return &cobra.Command{
		Use:     shell,
		Short:   "Print the script for " + shell,
		Long:    long,
		Example: "  syncsvc completion " + shell,
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := print(cmd.Root()); err != nil {
				return fmt.Errorf("print the script for %s: %w", shell, err)
			}
			return nil
		},
	}
}
