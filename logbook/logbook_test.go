package logbook

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestEveryLineSaysWhoseItIs(t *testing.T) {
	var p paper
	b := open(t, Options{Out: &p})
	w := b.Module("www")
	write(w, "%s", line("WARN", "target away", `,"module":"forged","target":"rsync://a/www","err":"connection refused","files":3`))
	log := slog.New(b.Handler())
	log.Info("reloaded", "modules", 2)
	log.Warn("module died", "module", "bbs", "cause", "signal 9", "lived", 90*time.Second)
	log.Debug("not shown")
	closeBook(t, b)
	got := p.lines()
	for i := range got {
		if i > 0 {
			_, got[i], _ = strings.Cut(got[i], " ") // the time is now
		}
	}
	want := []string{
		`time=2026-11-20T03:00:00.500Z level=WARN msg="target away" module=www target=rsync://a/www err="connection refused" files=3`,
		`level=INFO msg=reloaded modules=2`,
		`level=WARN msg="module died" module=bbs cause="signal 9" lived=1m30s`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestFormats(t *testing.T) {
	r := parse([]byte(line("ERROR", `say "x"`, `,"target":"t","err":"a=b","n":{"x":1}`)), "www", parse(nil, "", epoch()).Time)
	for f, want := range map[Format]string{
		Text:     `time=2026-11-20T03:00:00.500Z level=ERROR msg="say \"x\"" module=www target=t err="a=b" n="{\"x\":1}"`,
		JSON:     `{"time":"2026-11-20T03:00:00.5Z","level":"ERROR","msg":"say \"x\"","module":"www","target":"t","err":"a=b","n":{"x":1}}`,
		Journald: `<3>msg="say \"x\"" module=www target=t err="a=b" n="{\"x\":1}"`,
	} {
		if got := string(f.Line(r)); got != want+"\n" {
			t.Errorf("got  %swant %s", got, want)
		}
	}
}

func TestFormatFollowsTheStream(t *testing.T) {
	f, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for setting, want := range map[string]Format{"auto": JSON, "text": Text, "json": JSON, "journald": Journald} {
		if got := FormatFor(setting, f); got != want {
			t.Errorf("%s: got %v, want %v", setting, got, want)
		}
	}
	if got := FormatFor("auto", io.Discard); got != JSON {
		t.Errorf("of no file: %v", got)
	}
	t.Setenv("JOURNAL_STREAM", identity(t, f))
	if got := FormatFor("auto", f); got != Journald {
		t.Errorf("of the journal's stream: %v", got)
	}
	t.Setenv("JOURNAL_STREAM", "1:1") // inherited, and redirected since
	if got := FormatFor("auto", f); got != JSON {
		t.Errorf("of another stream: %v", got)
	}
}

func TestProcessWithoutABookLogsInTheSameFormats(t *testing.T) {
	for f, want := range map[Format]string{Text: "level=WARN msg=away module=www", JSON: `"level":"WARN","msg":"away","module":"www"}`, Journald: "<4>msg=away module=www"} {
		var p paper
		slog.New(NewHandler(&p, f, slog.LevelWarn)).With("module", "www").Warn("away")
		slog.New(NewHandler(&p, f, slog.LevelWarn)).Info("not shown")
		if got := p.lines(); len(got) != 1 || !strings.HasSuffix(got[0], want) {
			t.Errorf("got %q, want %s", got, want)
		}
	}
}

func TestPanicIsKeptLineByLine(t *testing.T) {
	b := open(t, Options{})
	defer closeBook(t, b)
	w := b.Module("www")
	write(w, "%s", line("INFO", "armed", ""))
	write(w, "panic: index out of range\n\ngoroutine 1 [running]:\nmain.main()\n\t/src/main.go:7 +0x1d")
	w.Write([]byte("exit status 2")) // without an end
	w.Close()
	got := b.Tail(Query{Module: "www", Lines: 10})
	want := []string{"armed", "panic: index out of range", "goroutine 1 [running]:", "main.main()", "\t/src/main.go:7 +0x1d", "exit status 2"}
	if diff := cmp.Diff(want, texts(got)); diff != "" {
		t.Error(diff)
	}
	if got[0].Raw || !got[1].Raw || got[1].Level != "error" || got[2].Level != "warn" {
		t.Errorf("unexpected %+v", got)
	}
	first, last := w.Raw()
	if len(first) != 6 || first[0] != "panic: index out of range" || last != nil {
		t.Errorf("kept %q and %q", first, last)
	}
}

func TestLongDumpDoesNotPushOutTheRest(t *testing.T) {
	b := open(t, Options{})
	defer closeBook(t, b)
	w := b.Module("www")
	write(w, "%s", line("INFO", "armed", ""))
	for i := range 5000 {
		write(w, "goroutine %d", i)
	}
	w.Close()
	got := b.Tail(Query{Module: "www", Lines: 5000})
	if len(got) != rawBurst+2 || got[0].Text != "armed" || got[len(got)-1].Text != "… 4700 more lines of output are left out" {
		t.Errorf("%d lines, from %q to %q", len(got), got[0].Text, got[len(got)-1].Text)
	}
	first, last := w.Raw()
	if first[0] != "goroutine 0" || last[len(last)-1] != "goroutine 4999" || len(first)+len(last) != 2*keptRaw {
		t.Errorf("kept %q and %q", first, last)
	}
}

func TestGarbageIsHarmless(t *testing.T) {
	b := open(t, Options{})
	defer closeBook(t, b)
	w := b.Module("www")
	write(w, "\x1b[2J\x00\xff\u202eabc\r")
	write(w, `{"level":"INFO","msg":"\u001b[31mred"}`)
	write(w, `{"no":"log line"}`)
	write(w, `{"level":"INFO","msg":"cut`)
	write(w, strings.Repeat("x", maxLine+5))
	write(w, "after")
	got := texts(b.Tail(Query{Lines: 10}))
	want := []string{
		`\x1b[2J\x00\xff\u202eabc`, `\x1b[31mred`, `{"no":"log line"}`, `{"level":"INFO","msg":"cut`,
		strings.Repeat("x", maxLine) + " … (5 bytes more)", "after",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestLinesInPiecesAreWhole(t *testing.T) {
	b := open(t, Options{})
	defer closeBook(t, b)
	w := b.Module("www")
	for _, c := range []byte(line("INFO", "one", "") + "\n" + line("INFO", "two", "") + "\n") {
		w.Write([]byte{c})
	}
	if diff := cmp.Diff([]string{"one", "two"}, texts(b.Tail(Query{Lines: 10}))); diff != "" {
		t.Error(diff)
	}
}

func TestOnlyTheLastLinesAreKept(t *testing.T) {
	b := open(t, Options{Lines: 5, Bytes: 10_000})
	defer closeBook(t, b)
	for _, module := range []string{"www", "bbs"} {
		w := b.Module(module)
		for i := range 20 {
			write(w, "%s", line("INFO", fmt.Sprint(module, i), ""))
		}
	}
	if diff := cmp.Diff([]string{"www18", "www19", "bbs15", "bbs16", "bbs17", "bbs18", "bbs19"}, texts(b.Tail(Query{Lines: 7}))); diff != "" {
		t.Error(diff)
	}
	write(b.Module("www"), "%s", strings.Repeat("y", 9_900))
	if got := b.Tail(Query{Module: "www", Lines: 10}); len(got) != 1 {
		t.Errorf("%d lines are kept beside one that takes all the room", len(got))
	}
	b.Forget("www")
	if got := b.Tail(Query{Module: "www", Lines: 10}); len(got) > 0 {
		t.Errorf("a module that is no more has lines: %v", got)
	}
}

func TestTailOfALevelOrOfTheServiceItself(t *testing.T) {
	b := open(t, Options{})
	defer closeBook(t, b)
	w := b.Module("www")
	for _, level := range []string{"DEBUG", "INFO", "WARN", "ERROR"} {
		write(w, "%s", line(level, "of "+level, ""))
	}
	slog.New(b.Handler()).Info("of the service")
	if diff := cmp.Diff([]string{"of WARN", "of ERROR"}, texts(b.Tail(Query{Lines: 9, Level: slog.LevelWarn}))); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"of the service"}, texts(b.Tail(Query{Module: "syncsvc", Lines: 9}))); diff != "" {
		t.Error(diff)
	}
}

func TestManyWriteAtOnce(t *testing.T) {
	var p paper
	b := open(t, Options{Out: &p})
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			w := b.Module(fmt.Sprint("m", i))
			for j := range 200 {
				write(w, "%s", line("INFO", fmt.Sprint("line ", j), ""))
			}
			w.Close()
		})
	}
	all.Wait()
	closeBook(t, b)
	if got := len(p.lines()); got != 8*200 {
		t.Errorf("%d lines arrived of %d", got, 8*200)
	}
}

// TestStoppedTerminalStopsNobody writes to a pipe that nobody reads, as a
// terminal after ^S.
func TestStoppedTerminalStopsNobody(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	b := open(t, Options{Out: w})
	in := b.Module("www")
	const n = 3 * maxQueue
	for i := range n {
		write(in, "%s", line("INFO", fmt.Sprint("line ", i), ""))
	}
	if got := b.Tail(Query{Lines: 1}); got[0].Text != fmt.Sprint("line ", n-1) {
		t.Errorf("the last line is %v", got)
	}
	read := make(chan string, 1)
	go func() { all, _ := io.ReadAll(r); read <- string(all) }() // somebody comes back
	closeBook(t, b)
	w.Close()
	if got := <-read; !strings.Contains(got, "line 0\"") || !strings.Contains(got, "lost=") {
		t.Errorf("it does not say that lines were lost: %.200s", got)
	}
	r.Close()
}

// slowPaper takes a line a second.
type slowPaper struct{ paper }

func (p *slowPaper) Write(b []byte) (int, error) {
	<-time.After(time.Second)
	return p.paper.Write(b)
}

// TestSlowReaderGetsTheLastLines: lines were lost at the end when a reader, on a
// busy machine, needed more than two seconds for all of them.
func TestSlowReaderGetsTheLastLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p slowPaper
		b := open(t, Options{Out: &p})
		w := b.Module("www")
		for i := range 10 {
			write(w, "%s", line("INFO", fmt.Sprint("line ", i), ""))
		}
		closeBook(t, b)
		if got := p.lines(); len(got) != 10 {
			t.Errorf("%d lines arrived", len(got))
		}
	})
}

// identity is a file as $JOURNAL_STREAM names it.
func identity(t *testing.T, f *os.File) string {
	t.Helper()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	st := info.Sys().(*syscall.Stat_t)
	return fmt.Sprintf("%d:%d", st.Dev, st.Ino)
}
