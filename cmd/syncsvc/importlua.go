package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"github.com/syncsvc/syncsvc/config"
	"github.com/syncsvc/syncsvc/config/lsyncd"
	"github.com/syncsvc/syncsvc/config/sersync"
)

// What running a configuration of lsyncd may take.
const (
	luaTime   = 5 * time.Second
	luaMemory = 1 << 30 // bytes beyond what the process has when it begins
	luaFile   = 1 << 20
)

// readLua turns a configuration of lsyncd into modules.
func (im importing) readLua(path, name, dir string) ([]imported, importReport, error) {
	file, err := runLua(path)
	if err != nil {
		return nil, importReport{}, err
	}
	report := importReport{became: file.Became, changed: file.Changed}
	for _, lost := range file.Lost {
		report.changed = append(report.changed, "not taken over: "+lost)
	}
	var all []imported
	for i, part := range file.Modules {
		d := draft{name: sersync.ModuleName(name, i), from: path, fields: merged(part.Fields), changed: report.changed, disabled: im.noStart}
		one := imported{path: filepath.Join(dir, d.name+".yaml")}
		if one.text, err = d.text(); err != nil {
			return nil, importReport{}, err
		}
		if one.module, err = config.ParseModule(one.path, one.text); err != nil {
			return nil, importReport{}, fmt.Errorf("sync block %d of %s cannot be a module file as it is: %w", i+1, path, err)
		}
		all = append(all, one)
	}
	return all, report, nil
}

// merged joins lists that came in pieces; of other keys the last one counts.
func merged(fields []sersync.Field) []sersync.Field {
	var out []sersync.Field
	at := map[string]int{}
	for _, f := range fields {
		i, again := at[f.Name]
		switch {
		case !again:
			at[f.Name] = len(out)
			out = append(out, f)
		case f.Value.Kind == sersync.List:
			out[i].Value.Items = append(out[i].Value.Items, f.Value.Items...)
		default:
			out[i] = f
		}
	}
	return out
}

// runLua runs the file in a process of its own, which has limits: a program can
// ask for more memory than there is in a single step.
func runLua(path string) (*lsyncd.File, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	text, err := readSmall(path)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*luaTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, self, "import-lua", filepath.Base(path))
	cmd.Env = []string{"GOMEMLIMIT=512MiB", "GOMAXPROCS=1"}
	cmd.Stdin = bytes.NewReader(text)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		return nil, withHint(fmt.Errorf("run %s: %s", path, luaFailure(ctx, said.String())),
			"write the module file by hand: syncsvc add-module, syncsvc config example")
	}
	var file lsyncd.File
	if err := json.Unmarshal(out, &file); err != nil {
		return nil, fmt.Errorf("run %s: %w", path, err)
	}
	return &file, nil
}

// luaFailure is why the process failed, in one line.
func luaFailure(ctx context.Context, said string) string {
	first, _, _ := strings.Cut(said, "\n")
	switch {
	case strings.Contains(said, "out of memory"), strings.Contains(said, "cannot allocate"), strings.Contains(said, "failed to allocate"):
		return "it needs more than the memory that is allowed"
	case ctx.Err() != nil, first == "":
		return "it did not come to an end"
	}
	return strings.TrimPrefix(first, "syncsvc: ")
}

// readSmall reads a file that is not larger than a configuration is.
func readSmall(path string) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is not a regular file", path)
	case info.Size() > luaFile:
		return nil, fmt.Errorf("%s is larger than 1 MiB", path)
	}
	return os.ReadFile(path)
}

func newImportLuaCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:    "import-lua NAME",
		Hidden: true, // "syncsvc import" starts it
		Short:  "Run a configuration of lsyncd from stdin within limits, and print what it means",
		Args:   cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.importLua(cmd.Context(), args[0])
		},
	}
}

func (a *app) importLua(ctx context.Context, name string) error {
	memory := luaMemory + dataSize()
	seconds := uint64(2 * luaTime / time.Second)
	if err := errors.Join(
		unix.Setrlimit(unix.RLIMIT_DATA, &unix.Rlimit{Cur: memory, Max: memory}),
		unix.Setrlimit(unix.RLIMIT_CPU, &unix.Rlimit{Cur: seconds, Max: seconds}),
		unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}),
	); err != nil {
		return fmt.Errorf("set limits: %w", err)
	}
	text, err := io.ReadAll(io.LimitReader(a.in, luaFile+1))
	if err != nil {
		return fmt.Errorf("read the configuration: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, luaTime)
	defer cancel()
	file, err := lsyncd.Read(ctx, name, string(text))
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("it did not come to an end within %s", luaTime)
	}
	if err != nil {
		return err
	}
	return json.NewEncoder(a.out).Encode(file)
}

// dataSize is how much memory this process may write to already; 0 when that
// is not to be found out.
func dataSize() uint64 {
	text, err := os.ReadFile("/proc/self/statm")
	fields := strings.Fields(string(text))
	if err != nil || len(fields) < 6 {
		return 0
	}
	pages, err := strconv.ParseUint(fields[5], 10, 64)
	if err != nil {
		return 0
	}
	return pages * uint64(os.Getpagesize())
}
