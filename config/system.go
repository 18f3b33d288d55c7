package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
)

// CheckSystem returns what a module needs of this machine and does not find:
// the watched folder, the user, the password file with its mode, keys,
// programs, what hooks need. Unlike what loading checks, it can change at any
// time.
func CheckSystem(m *Module) []Problem {
	problems := append(checkWatch(m), m.checkAccount()...)
	for i := range m.Targets {
		t := &m.Targets[i]
		key := fmt.Sprintf("targets[%d]", i)
		problems = append(problems, m.checkFile(key, "password_file", t.PasswordFile, checkPasswordFile)...)
		problems = append(problems, m.checkFile(key, "ssh.identity_file", t.SSH.IdentityFile, checkPrivate)...)
		problems = append(problems, m.checkFile(key, "ssh.known_hosts", t.SSH.KnownHosts, checkReadable)...)
		problems = append(problems, m.checkProgram(key, t)...)
		problems = append(problems, m.checkLinks(i)...)
	}
	for i := range m.Hooks {
		problems = append(problems, m.checkHookSystem(i)...)
	}
	return onlyOnce(problems)
}

// onlyOnce drops what several targets have from the module alike.
func onlyOnce(list []Problem) []Problem {
	seen := map[string]bool{}
	var unique []Problem
	for _, p := range list {
		if line := p.Error(); !seen[line] {
			seen[line] = true
			unique = append(unique, p)
		}
	}
	return unique
}

func checkWatch(m *Module) []Problem {
	info, err := os.Stat(m.Watch)
	var p Problem
	switch {
	case err != nil:
		p = m.problem("watch", "the module waits until it is there", reason(err))
	case !info.IsDir():
		p = m.problem("watch", "", m.Watch+" is not a folder")
	default:
		return nil
	}
	p.CanWait = true
	return []Problem{p}
}

// checkFile looks at a file that target's key, or else the module's, names.
func (m *Module) checkFile(target, key, path string, check func(path string) *mistake) []Problem {
	if path == "" {
		return nil
	}
	bad := check(path)
	if bad == nil {
		return nil
	}
	return []Problem{m.problem(m.keyFor(target, key), bad.hint, bad.message)}
}

// keyFor returns where a target's option was written: at the target, or for
// all of them.
func (m *Module) keyFor(target, key string) string {
	if _, own := m.origin.at[target+"."+key]; own {
		return target + "." + key
	}
	return key
}

// checkPasswordFile demands what rsync demands, and that the group is kept out
// too.
func checkPasswordFile(path string) *mistake {
	if bad := checkPrivate(path); bad != nil {
		return bad
	}
	if info, err := os.Stat(path); err == nil && info.Size() == 0 {
		return wrong("write the password on its first line", "%s is empty", path)
	}
	return nil
}

// checkPrivate demands a readable file that belongs to whoever runs this, or
// to root, and that nobody else can read or write. A module that runs as another
// user keeps what it takes to read root's.
func checkPrivate(path string) *mistake {
	if bad := checkReadable(path); bad != nil {
		return bad
	}
	info, err := os.Stat(path)
	if err != nil {
		return wrong("", "%s", reason(err))
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return wrong("chmod 600 "+path, "%s has mode %03o, so others can get at it", path, mode)
	}
	if stat, ok := info.Sys().(*syscall.Stat_t); ok && stranger(int(stat.Uid), os.Geteuid()) {
		return wrong(fmt.Sprintf("chown %d %s", os.Geteuid(), path), "%s belongs to user %d, not to who runs syncsvc", path, stat.Uid)
	}
	return nil
}

func stranger(owner, me int) bool { return owner != me && owner != 0 }

func checkReadable(path string) *mistake {
	if err := regularFile(path); err != nil {
		return wrong("", "%s", reason(err))
	}
	f, err := os.Open(path)
	if err != nil {
		return wrong("", "%s", reason(err))
	}
	f.Close()
	return nil
}

// reason is an error about a file as people read it: "/srv/www: no such file
// or directory".
func reason(err error) string {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Path + ": " + e.Err.Error()
	}
	return err.Error()
}

// programError is why a program cannot be run, without its name.
func programError(err error) string {
	if e, ok := errors.AsType[*exec.Error](err); ok {
		err = e.Err
	}
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		err = e.Err
	}
	return err.Error()
}

func (m *Module) checkProgram(target string, t *Target) []Problem {
	var problems []Problem
	if _, err := exec.LookPath(t.Rsync.Program); err != nil {
		key := m.keyFor(target, "program")
		if key == "program" {
			key = m.keyFor(target, "rsync.program")
		}
		problems = append(problems, m.problem(key, "install rsync 3.1.0 or later", fmt.Sprintf("%s cannot be run: %s", t.Rsync.Program, programError(err))))
	}
	if t.Kind != Shell {
		return problems
	}
	if _, err := exec.LookPath("ssh"); err != nil {
		problems = append(problems, m.problem(target, "install openssh-client", "ssh cannot be run: "+programError(err)))
	}
	return problems
}

// checkLinks finds what the names alone do not show: that a local target lies
// in the watched folder, or the other way round, by a symbolic link.
func (m *Module) checkLinks(i int) []Problem {
	if m.Targets[i].Kind != Local {
		return nil
	}
	watch, err1 := filepath.EvalSymlinks(m.Watch)
	target, err2 := filepath.EvalSymlinks(m.Targets[i].Path)
	if err1 != nil || err2 != nil || (!inside(watch, target) && !inside(target, watch)) {
		return nil
	}
	return []Problem{m.problem(m.urlKey(i), "", fmt.Sprintf("is %s, and the watched folder is %s: one has the other in it", target, watch))}
}
