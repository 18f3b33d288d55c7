// Command bench runs syncsvc, lsyncd, a loop around inotifywait and bare rsync
// on the same work, in turn, against rsync daemons of the same configuration,
// and prints a table of times and ratios.
//
// It knows nothing of how a system works: a change is made in a source, and
// seen on the target's disk. The daemons are stock ones: chroot, and no socket
// options, so that Nagle's algorithm is on at their side.
//
// It judges ratios within one run and does not keep numbers of former ones. A
// ratio that is missed is a result and no failure: the exit code is 1 only when
// something could not be measured.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// wholeLimit bounds everything: rows that begin later are not measured.
const wholeLimit = 24 * time.Minute

// errMissing tells main that the table has gaps, which were told already.
var errMissing = errors.New("not everything could be measured")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, unix.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// options are what the command line says.
type options struct {
	syncsvc  string
	only     string
	quick    bool
	dir      string
	markdown string
}

func parse(args []string, remarks io.Writer) (options, error) {
	var o options
	var names []string
	for _, r := range rows() {
		names = append(names, r.name)
	}
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.SetOutput(remarks)
	f.StringVar(&o.syncsvc, "syncsvc", "bin/syncsvc", "the syncsvc to measure is `PATH`")
	f.StringVar(&o.only, "only", "", "measure only `ROWS`, of "+strings.Join(names, ","))
	f.BoolVar(&o.quick, "quick", false, "a tenth of the work, once: to see that everything runs, not for numbers")
	f.StringVar(&o.dir, "dir", "", "all trees are beneath `DIR` (default the folder for temporary files)")
	f.StringVar(&o.markdown, "markdown", "", "write the table to `FILE` as well, as in the README")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if f.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q", f.Arg(0))
	}
	return o, nil
}

// run measures what args ask for. It returns errMissing when the table could
// be printed with gaps only.
func run(ctx context.Context, args []string, out, remarks io.Writer) error {
	o, err := parse(args, remarks)
	if err != nil {
		return err
	}
	chosen, err := choose(o.only)
	if err != nil {
		return err
	}
	if err := checkTools(); err != nil {
		return err
	}
	b, err := newBench(o, remarks)
	if err != nil {
		return err
	}
	defer b.close()
	ctx, cancel := context.WithTimeout(ctx, wholeLimit)
	defer cancel()
	m := describe(ctx, b)
	t, failed := b.measure(ctx, chosen)
	t.text(out, m)
	if o.markdown != "" {
		if err := t.save(o.markdown, m); err != nil {
			return err
		}
	}
	if failed {
		return errMissing
	}
	return nil
}

// checkTools fails before anything is measured, and not in the middle.
func checkTools() error {
	for _, tool := range []string{"rsync", "lsyncd", "inotifywait"} {
		if _, err := exec.LookPath(tool); err != nil {
			return fmt.Errorf("%s is missing\nhint: ./setup bench installs it", tool)
		}
	}
	return nil
}

// bench is one run of the program.
type bench struct {
	syncsvc string // absolute
	dir     string // scratch, removed in the end
	quick   bool
	remarks io.Writer
	filler  filler
	forest  *forest // the big tree, made by the first row that needs it
}

func newBench(o options, remarks io.Writer) (*bench, error) {
	program, err := filepath.Abs(o.syncsvc)
	if err != nil {
		return nil, fmt.Errorf("find %s: %w", o.syncsvc, err)
	}
	if _, err := os.Stat(program); err != nil {
		return nil, fmt.Errorf("no syncsvc to measure: %w\nhint: make build", err)
	}
	dir, err := os.MkdirTemp(o.dir, "syncsvc-bench-")
	if err != nil {
		return nil, fmt.Errorf("make a scratch folder: %w", err)
	}
	// The daemons and systems are told absolute paths without links.
	if dir, err = filepath.Abs(dir); err == nil {
		dir, err = filepath.EvalSymlinks(dir)
	}
	if err != nil {
		return nil, fmt.Errorf("find the scratch folder: %w", err)
	}
	return &bench{syncsvc: program, dir: dir, quick: o.quick, remarks: remarks, filler: newFiller()}, nil
}

func (b *bench) close() {
	if b.forest != nil {
		b.say("removing the big tree")
		b.forest.close()
	}
	_ = removeAll(b.dir)
}

// say remarks on what is going on.
func (b *bench) say(format string, args ...any) {
	fmt.Fprintf(b.remarks, time.Now().Format("15:04:05 ")+format+"\n", args...)
}

// scale is n, or a tenth of it when quick.
func (b *bench) scale(n int) int {
	if b.quick {
		return max(1, n/10)
	}
	return n
}

// rounds is n, or 1 when quick.
func (b *bench) rounds(n int) int {
	if b.quick {
		return 1
	}
	return n
}
