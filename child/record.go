package child

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// recordFile is the name of a child's record in its folder.
const recordFile = "process.json"

// record tells a child from any other process that may get its number later.
type record struct {
	Pid   int    `json:"pid"`
	Start uint64 `json:"start_ticks"` // since the machine started
	Boot  string `json:"boot"`        // which start of the machine
}

// boot names this start of the machine.
func boot() (string, error) {
	id, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	return strings.TrimSpace(string(id)), err
}

// writeRecord remembers a child in its folder.
func writeRecord(home string, pid int) error {
	id, err := boot()
	if err != nil {
		return fmt.Errorf("record a process: %w", err)
	}
	e, err := look(pid)
	if err != nil {
		return fmt.Errorf("record a process: %w", err)
	}
	text, err := json.Marshal(record{Pid: pid, Start: e.start, Boot: id})
	if err != nil {
		return fmt.Errorf("record a process: %w", err)
	}
	return WriteOwn(filepath.Join(home, recordFile), text)
}

func removeRecord(home string) { _ = os.Remove(filepath.Join(home, recordFile)) }

// endRecorded ends the children recorded in the folders of a state folder that
// are still the same processes, with their groups and descendants.
func endRecorded(stateDir string, log *slog.Logger) error {
	files, err := filepath.Glob(filepath.Join(escapeGlob(stateDir), "*", recordFile))
	if err != nil || len(files) == 0 {
		return err
	}
	id, err := boot()
	if err != nil {
		return err
	}
	all, err := table()
	if err != nil {
		return err
	}
	for _, file := range files {
		pid, readErr := recorded(file, id, all)
		if readErr != nil {
			log.Warn("a process cannot be told from its record", "file", file, "err", readErr)
		}
		if pid > 0 {
			log.Warn("ending what a killed supervisor left behind", "pid", pid, "file", file)
			// Its descendants die first: once it is dead they are not its any more.
			for _, d := range descendants(all, pid) {
				_ = unix.Kill(d, syscall.SIGKILL)
			}
			_ = unix.Kill(pid, syscall.SIGKILL)
			_ = unix.Kill(-pid, syscall.SIGKILL)
		}
		err = errors.Join(err, os.Remove(file))
	}
	return err
}

// recorded returns the number of the process in a record, 0 when it is gone.
func recorded(file, boot string, all map[int]entry) (int, error) {
	text, err := ReadOwn(file)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	var r record
	if err := json.Unmarshal(text, &r); err != nil {
		return 0, err
	}
	e, ok := all[r.Pid]
	if r.Pid <= 1 || r.Pid == os.Getpid() || !ok || r.Boot != boot || e.start != r.Start {
		return 0, nil
	}
	return r.Pid, nil
}

// escapeGlob makes a path mean only itself.
func escapeGlob(path string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(path)
}
