package rsyncd

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// errExited says that the daemon ended instead of greeting, as it does when its
// port is taken.
var errExited = errors.New("rsync daemon exited")

// untilGreeting waits until the daemon answers as a daemon. Somebody else may
// have taken the port, so that it has to be alive as well.
func (d *Daemon) untilGreeting() error {
	address := net.JoinHostPort(d.options.Address, strconv.Itoa(d.Port))
	deadline := time.Now().Add(startTimeout)
	for {
		greeted := greets(address)
		if d.exited() {
			output, _ := os.ReadFile(d.file("output"))
			return fmt.Errorf("%w: %s%s", errExited, output, d.Log())
		}
		if greeted {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("no greeting from rsync daemon on %s for %s", address, startTimeout)
		}
		<-time.After(5 * time.Millisecond)
	}
}

func (d *Daemon) exited() bool {
	var status unix.Siginfo
	err := unix.Waitid(unix.P_PID, d.cmd.Process.Pid, &status, unix.WEXITED|unix.WNOWAIT|unix.WNOHANG, nil)
	return err == nil && status.Signo != 0
}

func greets(address string) bool {
	conn, err := net.DialTimeout("tcp", address, time.Second)
	if err != nil {
		return false
	}
	defer conn.Close()
	_ = conn.SetReadDeadline(time.Now().Add(time.Second))
	line, _ := bufio.NewReader(conn).ReadString('\n')
	return strings.HasPrefix(line, "@RSYNCD: ")
}
