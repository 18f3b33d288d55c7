package rsync

import (
	"fmt"
	"strconv"
	"strings"
)

// ssh returns the words of the remote shell command without host and remote
// command. For ssh the first value of an option wins, so the user's stand first.
func (t Target) ssh() []string {
	argv := []string{"ssh"}
	for _, option := range t.SSH.Options {
		argv = append(argv, "-o"+option)
	}
	argv = append(argv, "-oBatchMode=yes", "-oStrictHostKeyChecking=yes")
	if t.ConnectTimeout > 0 {
		argv = append(argv, "-oConnectTimeout="+seconds(t.ConnectTimeout))
	}
	if t.SSH.IdentityFile != "" {
		argv = append(argv, "-oIdentityFile="+sshPath(t.SSH.IdentityFile), "-oIdentitiesOnly=yes")
	}
	if t.SSH.KnownHosts != "" {
		argv = append(argv, "-oUserKnownHostsFile="+sshPath(t.SSH.KnownHosts))
	}
	if t.Port != 0 {
		argv = append(argv, "-p", strconv.Itoa(t.Port))
	}
	if t.User != "" {
		argv = append(argv, "-l", t.User)
	}
	return argv
}

// sshPath writes a file name so that ssh's own reader of options, which knows
// quotes, backslashes and %-tokens, gives it back unchanged.
func sshPath(name string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, `%`, `%%`).Replace(name) + `"`
}

// check refuses what nothing can protect from being taken for something else.
func (t Target) check() error {
	if strings.HasPrefix(t.Host, "-") {
		return fmt.Errorf("host %q: would be taken for an option", t.Host)
	}
	for what, name := range map[string]string{"identity_file": t.SSH.IdentityFile, "known_hosts": t.SSH.KnownHosts} {
		if strings.Contains(name, "${") || strings.ContainsAny(name, "\n\r\x00") {
			return fmt.Errorf("%s %q: ssh would not take this name literally", what, name)
		}
	}
	return nil
}

// quoteAll joins words into what rsync cuts apart again: it splits at blanks
// and knows quotes, in which the quote itself is written twice.
func quoteAll(argv []string) string {
	quoted := make([]string, len(argv))
	for i, word := range argv {
		quoted[i] = "'" + strings.ReplaceAll(word, "'", "''") + "'"
	}
	return strings.Join(quoted, " ")
}
