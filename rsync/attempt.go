package rsync

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// attempt runs rsync once. missing says that it ended at once because the
// target folder does not exist.
func (r *Runner) attempt(ctx context.Context, j job, makePath bool) (result Result, missing bool) {
	return r.conduct(ctx, j, command(j.Target, j.Job, makePath))
}

// conduct runs rsync as argv says and judges it by the job.
func (r *Runner) conduct(ctx context.Context, j job, argv []string) (result Result, missing bool) {
	if ctx.Err() != nil {
		return notRun(Killed, context.Cause(ctx), ""), false
	}
	p, err := r.spawn(j, argv)
	if err != nil {
		return notRun(classOf(err, Config), fmt.Errorf("start rsync: %w", err), ""), false
	}
	out := &tally{unknown: chatter, flat: !j.Tree, onItem: j.OnItem}
	errs := &tally{unknown: trouble, flat: !j.Tree}
	if j.Target.Kind == SSH {
		errs.unknown = foreign
	}
	v := verdict{target: j.Target, job: j.Job, end: p.run(ctx, j, out, errs, r.patience)}
	v.said = append(errs.said, out.said...)
	v.more = out.more || errs.more
	v.resolver = newResolver(j.Target, j.Job, nameLister(j.root))
	v.result = Result{Code: v.end.code, NewDirs: out.newDirs, Sent: out.sent, Deleted: out.deleted, Stderr: errs.tail.String()}
	v.judge()
	return v.result, v.missingFolder()
}

// process is a running rsync with our ends of its pipes.
type process struct {
	cmd                   *exec.Cmd
	stdin, stdout, stderr *os.File
}

func (r *Runner) spawn(j job, argv []string) (*process, error) {
	p := &process{cmd: &exec.Cmd{
		Path: j.program,
		Args: argv,
		Env:  r.as.environment(environment(os.LookupEnv)),
		// A session of its own is a process group of its own and has no terminal
		// on which rsync could ask for a password.
		SysProcAttr: &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL},
	}}
	r.as.become(p.cmd.SysProcAttr)
	theirs, err := p.pipes()
	defer closeAll(theirs)
	if err == nil {
		err = r.start(p.cmd, j.root)
	}
	if err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

// pipes connects the three standard streams and returns the child's ends.
func (p *process) pipes() (theirs []*os.File, err error) {
	stdin, ourIn, err1 := os.Pipe()
	ourOut, stdout, err2 := os.Pipe()
	ourErr, stderr, err3 := os.Pipe()
	p.stdin, p.stdout, p.stderr = ourIn, ourOut, ourErr
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = stdin, stdout, stderr
	return []*os.File{stdin, stdout, stderr}, errors.Join(err1, err2, err3)
}

func (p *process) close() { closeAll([]*os.File{p.stdin, p.stdout, p.stderr}) }

func closeAll(files []*os.File) {
	for _, f := range files {
		f.Close() // closing nil is only an error
	}
}

// run feeds and reads the process until it and its group are gone.
func (p *process) run(ctx context.Context, j job, out, errs *tally, wait patience) ending {
	var all, readers sync.WaitGroup
	exited, drained := make(chan struct{}), make(chan struct{})
	readers.Go(func() { readLines(p.stdout, out.line) })
	readers.Go(func() { readLines(p.stderr, func(l string) { errs.tail.add(l); errs.line(l) }) })
	all.Go(func() { readers.Wait(); close(drained) })
	all.Go(func() { p.feed(j.Job) })
	all.Go(func() { p.untilExit(); close(exited) })

	end := p.supervise(ctx, j, exited, wait)
	p.settle(drained, wait.drain)
	p.cmd.Wait() // its error is in the state
	all.Wait()
	return end.with(p.cmd.ProcessState)
}

// feed writes the list of paths. An error means that rsync is gone, which it
// explains itself.
func (p *process) feed(j Job) {
	defer p.stdin.Close()
	_ = j.writeList(p.stdin)
}

// maxLine is longer than any line of rsync's: two names of 4096 bytes, each
// escaped to fivefold length.
const maxLine = 64 << 10

// readLines calls each with every line without its end. The rest of a line
// that is too long is dropped.
func readLines(from io.Reader, each func(string)) {
	in := bufio.NewReaderSize(from, maxLine)
	for {
		text, err := in.ReadSlice('\n')
		if n := len(text); n > 0 && text[n-1] == '\n' {
			text = text[:n-1]
		}
		if err == nil || len(text) > 0 {
			each(string(text))
		}
		for errors.Is(err, bufio.ErrBufferFull) {
			_, err = in.ReadSlice('\n')
		}
		if err != nil {
			return
		}
	}
}

// with adds how the process ended.
func (e ending) with(state *os.ProcessState) ending {
	e.code = state.ExitCode()
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		e.signal = status.Signal()
	}
	return e
}

// stallError is why a run that moves nothing is stopped.
func stallError(quiet time.Duration) error {
	return fmt.Errorf("nothing moved for %s", quiet.Round(time.Second))
}
