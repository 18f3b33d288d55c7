package rsync

import (
	"context"
	"strings"
	"testing"
)

// TestWhatOperatorsMeetIsExplained has each line as rsync 3.5.0 and OpenSSH
// print it, and a word that its explanation cannot do without.
func TestWhatOperatorsMeetIsExplained(t *testing.T) {
	daemon := Target{Kind: Daemon, User: "bob", Host: "backup", Port: 8730, Module: "www", PasswordFile: "/etc/word"}
	ssh := Target{Kind: SSH, User: "bob", Host: "backup", Port: 2222, Path: "/srv/www"}
	for _, c := range []struct {
		target Target
		line   string
		cause  string
		fix    string
	}{
		{daemon, "@ERROR: auth failed on module www", "wrong user name or password", "compare /etc/word with the line of bob"},
		{daemon, "Password: @ERROR: auth failed on module www", "asks for a password", "password_file"},
		{daemon, "@ERROR: Unknown module 'www'", "no section [www]", "rsync rsync://backup:8730/"},
		{daemon, "@ERROR: chdir failed", "'path' does not exist", "mkdir -p"},
		{daemon, "@ERROR: chroot failed", "not run as root", "use chroot = no"},
		{daemon, "@ERROR: invalid uid nobody", "no such user", "'uid' and 'gid' of [www]"},
		{daemon, "@ERROR: invalid gid nobody", "or group", "'uid' and 'gid' of [www]"},
		{daemon, "@ERROR: max connections (4) reached -- try again later", "connections", "lower threads"},
		{daemon, "@ERROR: access denied to www from host (10.0.0.1)", "hosts allow", "add its address"},
		{daemon, "@ERROR: something new", "does not let us in", "daemon's log"},
		{daemon, "secrets file must not be other-accessible (see strict modes option)", "secrets file", "chmod 600"},
		{daemon, "ERROR: module is read only", "'read only' is yes", "read only = no"},
		{daemon, "ERROR: The remote path must start with a module name not a /", "absolute path", "rsync://backup:8730/MODULE"},
		{daemon, "rsync: The server is configured to refuse --delete", "forbids an option", "refuse options"},
		{daemon, "ERROR: password file must not be other-accessible", "others can read", "chmod 600 /etc/word"},
		{daemon, "ERROR: password file must be owned by root when running as root", "belongs to somebody else", "chown"},
		{daemon, "rsync: [sender] failed to connect to backup (10.0.0.8): Connection refused (111)", "no rsync daemon runs", "systemctl enable --now rsync"},
		{daemon, "rsync: [sender] failed to connect to backup (10.0.0.8): No route to host (113)", "no way to", "ip route get backup"},
		{daemon, "rsync: [sender] failed to connect to backup (10.0.0.8): Connection timed out (110)", "firewall drops", "ping backup"},
		{daemon, "rsync error: timeout waiting for daemon connection (code 35) at socket.c(279) [sender=3.5.0]", "firewall drops", "port 8730"},
		{daemon, "rsync: getaddrinfo: backup 8730: Name or service not known", "nobody knows the name backup", "getent hosts backup"},
		{daemon, "io timeout after 100 seconds -- exiting", "nothing moved", "rsync.timeout"},
		{daemon, "connect to 10.0.0.8:8730: connection refused", "no rsync daemon runs", "port 8730"},
		{daemon, "look up backup: no such host", "nobody knows the name", "getent"},
		{daemon, "connect to 10.0.0.8:8730: timed out", "firewall drops", "ping backup"},
		{daemon, "backup:8730 speaks protocol \"30.0\": rsync on the target is older than 3.1.0", "old rsync", "3.1.0 or newer on backup"},
		{daemon, `rsync: [receiver] mkstemp ".f.FcRbCy" (in www) failed: Permission denied (13)`, "may not write there", "uid = root"},
		{daemon, `rsync: [generator] recv_generator: mkdir "d" (in www) failed: Permission denied (13)`, "may not write there", "chown"},
		{daemon, `rsync: [sender] send_files failed to open "/srv/f": Permission denied (13)`, "may not read it", "exclude the path"},
		{daemon, `rsync: [receiver] write failed on "f" (in www): No space left on device (28)`, "full", "df -i"},
		{daemon, `rsync: [receiver] write failed on "f" (in www): Disk quota exceeded (122)`, "quota", "free some space"},
		{daemon, `rsync: [receiver] mkstemp "x" (in www) failed: File name too long (36)`, "255 bytes", "shorten"},
		{daemon, `rsync: [generator] chown "f" (in www) failed: Operation not permitted (1)`, "only root gives files", "--no-owner"},
		{daemon, `rsync: [generator] mknod "null" (in www) failed: Operation not permitted (1)`, "device nodes", "--no-devices"},
		{daemon, `rsync: [receiver] rename ".f.a" (in www) -> "f": Read-only file system (30)`, "mounted read-only", "dmesg"},
		{daemon, `rsync: [Receiver] mkdir "/srv/l" failed: Read-only file system (30)`, "the place is read-only", "ReadWritePaths="},

		{ssh, "ssh: connect to host backup port 2222: Connection refused", "no ssh server", "systemctl enable --now ssh"},
		{ssh, "ssh: connect to host backup port 2222: No route to host", "no way to", "ip route get backup"},
		{ssh, "ssh: connect to host backup port 2222: Connection timed out", "firewall drops", "port 2222"},
		{ssh, "10.0.0.8:2222 accepts connections but does not greet: it hangs up", "other than an ssh server", "sport = :2222"},
		{ssh, "ssh: Could not resolve hostname backup: Name or service not known", "nobody knows the name backup", "getent"},
		{ssh, "Host key verification failed.\r", "not in known_hosts", "ssh-keyscan -p 2222 backup"},
		{ssh, "@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @", "installed anew", "ssh-keygen -R '[backup]:2222'"},
		{ssh, "bob@backup: Permission denied (publickey,password).", "authorized_keys", "ssh-copy-id"},
		{ssh, "bash: line 1: rsync: command not found", "not installed on backup", "install rsync"},
		{ssh, "sh: 1: /opt/rsync: not found", "not installed on backup", "--rsync-path"},
		{ssh, "protocol version mismatch -- is your shell clean?", "login scripts of bob", "ssh -p 2222 bob@backup true"},
		{ssh, "Unable to negotiate with 10.0.0.8 port 22: no matching host key type found. Their offer: ssh-rsa", "algorithm", "ssh.options"},
		{ssh, `Load key "/etc/key.pub": invalid format`, "no private key", ".pub"},
		{ssh, "kex_exchange_identification: Connection closed by remote host", "hung up", "log"},
		{daemon, `ERROR: daemon refused to receive file "a"`, "own filters", "[www]"},
		{ssh, "rsync: --delete-missing-args: unknown option", "does not know an option", "3.1.0"},
		{ssh, "rsync: connection unexpectedly closed (0 bytes received so far) [sender]", "hung up", "log"},
	} {
		got, known := Explain(c.target, c.line)
		if !known || !strings.Contains(got.Cause, c.cause) || !strings.Contains(got.Fix, c.fix) {
			t.Errorf("%s\n\tgot  %s\n\twant %s … %s", c.line, got, c.cause, c.fix)
		}
		if strings.ContainsAny(got.String(), "{}\n") {
			t.Errorf("%s: not one line without gaps: %q", c.line, got)
		}
	}
}

func TestNobodyExplainsWhatIsUnknown(t *testing.T) {
	for _, line := range []string{"", "hello", "total size is 0  speedup is 0.00"} {
		if e, known := Explain(Target{Kind: SSH}, line); known {
			t.Errorf("%q is explained as %q", line, e)
		}
	}
}

// A name can be made to say anything.
func TestNamesAreNoExplanations(t *testing.T) {
	e, _ := Explain(Target{}, `rsync: [receiver] mkstemp "@ERROR: No space left on device" (in m) failed: Permission denied (13)`)
	if !strings.Contains(e.Cause, "may not write") {
		t.Errorf("explained as %q", e)
	}
}

func TestProbesAnswersAreExplained(t *testing.T) {
	t.Parallel()
	target := daemonTarget(newWorld(t).daemon, "m")
	for name, spoil := range map[string]func(*Target){
		"refused":      func(t *Target) { t.Port = 1 },
		"unknown host": func(t *Target) { t.Host = "no.such.host.invalid" },
		"old daemon":   func(o *Target) { o.Port = listener(t, says("@RSYNCD: 30.0\n")) },
		"stranger":     func(o *Target) { o.Port = listener(t, says("HTTP/1.0 400\r\n")) },
	} {
		spoiled := target
		spoil(&spoiled)
		err := Probe(context.Background(), spoiled)
		if err == nil {
			t.Fatalf("%s: reachable", name)
		}
		if _, known := Explain(spoiled, err.Error()); !known {
			t.Errorf("%s: nobody explains %q", name, err)
		}
	}
}
