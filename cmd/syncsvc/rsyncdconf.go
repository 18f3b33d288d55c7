package main

import (
	"bufio"
	"cmp"
	"fmt"
	"net"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/syncsvc/syncsvc/config"
	"github.com/syncsvc/syncsvc/templates"
)

func newRsyncdConfCommand(a *app) *cobra.Command {
	var folder, host string
	var secrets bool
	cmd := &cobra.Command{
		Use:   "rsyncd-conf [MODULE]...",
		Short: "Print rsyncd.conf for the hosts that receive",
		Long: `Rsyncd-conf prints what belongs into /etc/rsyncd.conf on the hosts that modules (all,
or those named) send to through rsync daemons: a section for each module of the
daemon, and who may write to it. With targets on several hosts there is a part for
each; --host prints one alone, ready to be used.

Where the files are to be there nobody knows here: the folders shown are below
--folder, to be changed by hand. Passwords are not printed. With --secrets the
lines of the secrets file are printed instead of rsyncd.conf, with the passwords
that are in the modules' password files.`,
		Example: `  syncsvc rsyncd-conf
  syncsvc rsyncd-conf www --host 10.0.0.8 | ssh root@10.0.0.8 'cat > /etc/rsyncd.conf'
  syncsvc rsyncd-conf www --host 10.0.0.8 --secrets |
      ssh root@10.0.0.8 'umask 077; cat > /etc/rsyncd.secrets'`,
		ValidArgsFunction: a.completeModules,
		RunE: func(_ *cobra.Command, args []string) error {
			s, err := a.service()
			if err != nil {
				return err
			}
			modules, _, broken, err := choose(s, args)
			if err != nil {
				return err
			}
			if err := config.Join(broken); err != nil {
				return err
			}
			receivers, err := a.receivers(modules, folder, host)
			if err != nil {
				return err
			}
			return a.printReceivers(receivers, secrets)
		},
	}
	cmd.Flags().StringVar(&folder, "folder", "/srv", "the folders of the daemon's modules are in `DIR` there")
	cmd.Flags().StringVar(&host, "host", "", "print the part of `HOST`, or HOST:PORT, alone")
	cmd.Flags().BoolVar(&secrets, "secrets", false, "print the secrets file, with passwords, instead")
	return cmd
}

// receiver is one rsync daemon that modules send to.
type receiver struct {
	host    string
	port    int
	modules []*templates.RsyncdModule
	secrets []secret
}

// secret is who may write, and where the sending side has the password.
type secret struct{ user, file string }

func (r *receiver) name() string {
	if r.port == 0 {
		return r.host
	}
	return net.JoinHostPort(r.host, strconv.Itoa(r.port))
}

// receivers collects the daemons that modules send to, in order of their
// names. With only it is the one of that name.
func (a *app) receivers(modules []*config.Module, folder, only string) ([]*receiver, error) {
	found := map[string]*receiver{}
	for _, m := range modules {
		for i := range m.Targets {
			t := &m.Targets[i]
			if t.Kind != config.Daemon {
				continue
			}
			r := &receiver{host: strings.ToLower(t.Host), port: t.Port}
			if r.port == daemonPort {
				r.port = 0
			}
			if only != "" && only != r.name() && !strings.EqualFold(only, r.host) {
				continue
			}
			r = cmp.Or(found[r.name()], r)
			found[r.name()] = r
			if err := a.receive(r, m, t, folder); err != nil {
				return nil, err
			}
		}
	}
	if len(found) == 0 {
		return nil, withHint(fmt.Errorf("no target is an rsync daemon%s", onHost(only)), "only targets like rsync://host/module need an rsyncd.conf")
	}
	list := make([]*receiver, 0, len(found))
	for _, r := range found {
		list = append(list, r)
	}
	slices.SortFunc(list, func(a, b *receiver) int { return strings.Compare(a.name(), b.name()) })
	return list, nil
}

const daemonPort = 873

func onHost(host string) string {
	if host == "" {
		return ""
	}
	return " on " + host
}

// receive adds what one target needs to its daemon's configuration.
func (a *app) receive(r *receiver, m *config.Module, t *config.Target, folder string) error {
	if strings.ContainsAny(t.Module+folder, "]\n\r%\\") || strings.TrimSpace(t.Module) != t.Module {
		return withHint(fmt.Errorf("module %q: rsyncd.conf has no way to write %q", m.Name, path.Join(folder, t.Module)), "give the daemon's module a plain name")
	}
	i := slices.IndexFunc(r.modules, func(s *templates.RsyncdModule) bool { return s.Name == t.Module })
	if i < 0 {
		i = len(r.modules)
		r.modules = append(r.modules, &templates.RsyncdModule{Name: t.Module, Path: path.Join(folder, t.Module)})
	}
	section := r.modules[i]
	section.From = append(section.From, sender(m, t))
	switch {
	case t.User == "" && t.PasswordFile != "":
		a.remark("warning: %s: has a password and no user, so rsync takes the name of who runs it; write rsync://USER@%s/%s", m.Name, t.Host, t.Module)
	case t.User != "":
		r.admit(section, t)
	}
	return nil
}

// sender says in a comment who sends where.
func sender(m *config.Module, t *config.Target) string {
	here, err := os.Hostname()
	if err != nil {
		here = "the sending host"
	}
	line := fmt.Sprintf("Module %s of syncsvc on %s sends %q here", m.Name, here, m.Watch)
	if t.Path != "" {
		line += fmt.Sprintf(", into %q", t.Path)
	}
	return line + "."
}

// admit lets the user of a target write.
func (r *receiver) admit(section *templates.RsyncdModule, t *config.Target) {
	users := strings.Split(section.User, ", ")
	if section.User == "" {
		users = nil
	}
	if !slices.Contains(users, t.User) {
		section.User = strings.Join(append(users, t.User), ", ")
	}
	if s := (secret{t.User, t.PasswordFile}); !slices.Contains(r.secrets, s) {
		r.secrets = append(r.secrets, s)
	}
}

func (a *app) printReceivers(receivers []*receiver, secrets bool) error {
	for i, r := range receivers {
		if len(receivers) > 1 {
			a.say("%s# ---- %s ----", strings.Repeat("\n", min(i, 1)), r.name())
		}
		if secrets {
			if err := a.printSecrets(r); err != nil {
				return err
			}
			continue
		}
		if err := a.printReceiver(r); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) printReceiver(r *receiver) error {
	data := templates.Rsyncd{Port: r.port}
	for _, m := range r.modules {
		data.Modules = append(data.Modules, *m)
	}
	if err := a.print("rsyncd.conf", data); err != nil {
		return err
	}
	if len(r.secrets) == 0 {
		return nil
	}
	a.say("\n# /etc/rsyncd.secrets on this host, mode 600 (syncsvc rsyncd-conf --secrets prints it):")
	for _, s := range r.secrets {
		from := "which no module has a file with"
		if s.file != "" {
			from = "which is in " + s.file + " on the sending host"
		}
		a.say("#   %s:PASSWORD, %s", s.user, from)
	}
	return nil
}

// printSecrets prints the passwords, as somebody has asked for.
func (a *app) printSecrets(r *receiver) error {
	for _, s := range r.secrets {
		if s.file == "" {
			a.remark("warning: no module has the password of %s on %s: set password_file", s.user, r.name())
			continue
		}
		word, err := password(s.file)
		if err != nil {
			return err
		}
		a.say("%s:%s", s.user, word)
	}
	return nil
}

// password reads the first line of a password file, which is all that rsync
// reads of it.
func password(file string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", fmt.Errorf("read password file: %w", err)
	}
	defer f.Close()
	line, _ := bufio.NewReader(f).ReadString('\n') // an end without a newline is no error
	word := strings.TrimRight(line, "\r\n")
	if word == "" {
		return "", withHint(fmt.Errorf("password file %s is empty", file), "write the password on its first line")
	}
	return word, nil
}
