// Package sshd runs a real ssh server on loopback with keys of its own, for
// tests. Anybody who can read its folder can log in as the user it runs as.
package sshd

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Server is a running ssh server and what a client needs to log in.
type Server struct {
	Host         string
	Port         int
	User         string
	IdentityFile string
	KnownHosts   string
	dir          string
	cmd          *exec.Cmd
}

const (
	portTries    = 20
	startTimeout = time.Minute
)

var errExited = errors.New("sshd exited")

// Start makes keys and configuration in dir, an existing scratch folder, and
// returns when the server greets. The caller stops it.
func Start(dir string) (*Server, error) {
	me, err := user.Current()
	if err != nil {
		return nil, fmt.Errorf("start sshd: %w", err)
	}
	s := &Server{
		Host: "127.0.0.1", User: me.Username, dir: dir,
		IdentityFile: filepath.Join(dir, "id"), KnownHosts: filepath.Join(dir, "known_hosts"),
	}
	if err := s.makeKeys(); err != nil {
		return nil, err
	}
	for range portTries {
		if err = s.startOnce(); !errors.Is(err, errExited) {
			break
		}
	}
	if err != nil {
		return nil, err
	}
	return s, nil
}

// Pid is the server's process id.
func (s *Server) Pid() int { return s.cmd.Process.Pid }

// Stop ends the server. Connections that are being served end with it.
func (s *Server) Stop() {
	_ = unix.Kill(-s.cmd.Process.Pid, unix.SIGKILL)
	_ = s.cmd.Wait()
}

// Log returns what the server has written to its log.
func (s *Server) Log() string {
	text, _ := os.ReadFile(filepath.Join(s.dir, "log"))
	return string(text)
}

func (s *Server) makeKeys() error {
	for _, key := range []string{"hostkey", "id"} {
		out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", filepath.Join(s.dir, key)).CombinedOutput()
		if err != nil {
			return fmt.Errorf("make ssh key: %w: %s", err, out)
		}
	}
	public, err := os.ReadFile(s.IdentityFile + ".pub")
	if err != nil {
		return fmt.Errorf("make ssh key: %w", err)
	}
	return os.WriteFile(filepath.Join(s.dir, "authorized_keys"), public, 0o600)
}

// startOnce tries one free port.
func (s *Server) startOnce() error {
	l, err := net.Listen("tcp", net.JoinHostPort(s.Host, "0"))
	if err != nil {
		return fmt.Errorf("find a free port: %w", err)
	}
	s.Port = l.Addr().(*net.TCPAddr).Port
	l.Close()
	if err := s.configure(); err != nil {
		return err
	}
	return s.run()
}

func (s *Server) configure() error {
	config := fmt.Sprintf(`Port %d
ListenAddress %s
HostKey "%[3]s/hostkey"
AuthorizedKeysFile "%[3]s/authorized_keys"
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin yes
MaxStartups 100
`, s.Port, s.Host, s.dir)
	if err := os.WriteFile(filepath.Join(s.dir, "sshd_config"), []byte(config), 0o600); err != nil {
		return fmt.Errorf("write sshd_config: %w", err)
	}
	public, err := os.ReadFile(filepath.Join(s.dir, "hostkey.pub"))
	if err != nil {
		return fmt.Errorf("write known_hosts: %w", err)
	}
	known := "[" + s.Host + "]:" + strconv.Itoa(s.Port) + " " + string(public)
	return os.WriteFile(s.KnownHosts, []byte(known), 0o600)
}

func (s *Server) run() error {
	program, err := exec.LookPath("/usr/sbin/sshd") // it insists on an absolute name
	if err != nil {
		return fmt.Errorf("look up sshd: %w", err)
	}
	if os.Getuid() == 0 { // where it drops its privileges
		if err := os.MkdirAll("/run/sshd", 0o755); err != nil {
			return fmt.Errorf("start sshd: %w", err)
		}
	}
	log, err := os.OpenFile(filepath.Join(s.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("start sshd: %w", err)
	}
	defer log.Close()
	s.cmd = exec.Command(program, "-D", "-e", "-f", filepath.Join(s.dir, "sshd_config"))
	s.cmd.Stdout, s.cmd.Stderr = log, log
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := s.cmd.Start(); err != nil {
		return fmt.Errorf("start sshd: %w", err)
	}
	if err := s.untilGreeting(); err != nil {
		s.Stop()
		return err
	}
	return nil
}

// untilGreeting waits until the server answers and is alive: somebody else may
// have taken its port.
func (s *Server) untilGreeting() error {
	deadline := time.Now().Add(startTimeout)
	for {
		greeted := s.greets()
		var status unix.Siginfo
		err := unix.Waitid(unix.P_PID, s.Pid(), &status, unix.WEXITED|unix.WNOWAIT|unix.WNOHANG, nil)
		switch {
		case err == nil && status.Signo != 0:
			return fmt.Errorf("%w: %s", errExited, strings.TrimSpace(s.Log()))
		case greeted:
			return nil
		case time.Now().After(deadline):
			return fmt.Errorf("no greeting from sshd for %s", startTimeout)
		}
		<-time.After(5 * time.Millisecond)
	}
}

func (s *Server) greets() bool {
	conn, err := net.DialTimeout("tcp", net.JoinHostPort(s.Host, strconv.Itoa(s.Port)), time.Second)
	if err != nil {
		return false
	}
	defer conn.Close()
	_ = conn.SetReadDeadline(time.Now().Add(time.Second))
	start := make([]byte, 4)
	_, err = conn.Read(start)
	return err == nil && bytes.Equal(start, []byte("SSH-"))
}
