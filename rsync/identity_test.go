package rsync

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/syncsvc/syncsvc/rsync/rsyncd"
)

// TestRunsAsSomebodyElse: in a folder that only root may enter, with a password
// file that only root may read.
func TestRunsAsSomebodyElse(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can start processes as somebody else")
	}
	src, dst, dir := t.TempDir(), t.TempDir(), t.TempDir()
	d, err := rsyncd.Start(rsyncd.Options{Dir: dir, Modules: []rsyncd.Module{{
		Name: "m", Path: dst, AuthUsers: map[string]string{"bob": "word"},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Stop)
	password := filepath.Join(dir, "word")
	for path, mode := range map[string]os.FileMode{password: 0o600, filepath.Join(src, "f"): 0o400} {
		if err := os.WriteFile(path, []byte("word"), mode); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(src, 0o700); err != nil {
		t.Fatal(err)
	}
	r := NewRunnerAs(&Identity{
		Name: "nobody", Home: "/", Credential: syscall.Credential{Uid: 65534, Gid: 65534},
		Capabilities: []uintptr{unix.CAP_DAC_READ_SEARCH},
	})
	defer r.Close()
	result := r.Run(t.Context(), Target{
		Kind: Daemon, User: "bob", Host: "127.0.0.1", Port: d.Port, Module: "m", PasswordFile: password,
	}, Job{Dir: src, Paths: []string{"./"}, Tree: true})
	if result.Class != Done || result.Sent != 1 {
		t.Errorf("%+v", result)
	}
}
