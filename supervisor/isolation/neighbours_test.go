package isolation_test

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/syncsvc/syncsvc/control"
)

// trouble is what befalls the module "ill".
type trouble struct {
	lines []string                  // of its file
	begin func(s *site)             // before the service starts; nil: nothing
	again func(s *site)             // again and again while its neighbour is watched; nil: nothing
	noted func(control.Module) bool // the service knows of the trouble
	// options are for the service.
	options []string
}

// rounds is how many changes are followed to say how fast a module is.
const rounds = 9

// muchSlower is how many times longer changes may take while a neighbour is in
// trouble. The machine is small, and may be busy with other tests; a module that
// had to wait for its neighbour would be slower by far more.
const muchSlower = 10

// atLeast is what is slow whatever it was before.
const atLeast = time.Second

// chances is how often a machine that is busy with something else may be.
const chances = 5

func (tr trouble) hurtsNobody(t *testing.T) {
	s := newSite(t, false)
	s.options = tr.options
	s.module("ill", tr.lines...)
	s.module("well")
	if tr.begin != nil {
		tr.begin(s)
	}
	s.start()
	before := s.untilLive("well")
	s.lag("warm-up")
	calm := s.lag("calm")
	most := max(muchSlower*calm, atLeast)

	during := tr.untilNoted(s)
	for i := 0; during > most && i < chances; i++ { // who is held up is so every time
		during = tr.follow(s, fmt.Sprint("again-", i))
	}
	t.Logf("changes of the neighbour took %s, and %s in time of trouble", calm, during)
	if during > most {
		t.Errorf("changes of the neighbour took %s before and %s in time of trouble", calm, during)
	}
	if after := s.untilLive("well"); after.Pid != before.Pid || after.Restarts != 0 {
		t.Errorf("the neighbour was %d and is %d, with %d restarts", before.Pid, after.Pid, after.Restarts)
	}
}

// untilNoted makes trouble until the service knows of it, and returns how long
// changes of the neighbour took then.
func (tr trouble) untilNoted(s *site) time.Duration {
	s.Helper()
	began := time.Now()
	for i := 0; ; i++ {
		lag := tr.follow(s, fmt.Sprint("troubled-", i))
		m, ok := s.look("ill")
		if ok && tr.noted(m) {
			return lag
		}
		if time.Since(began) > 3*patience {
			s.Fatalf("the service does not know of the trouble: %+v", m)
		}
	}
}

// follow makes trouble once more, and returns how long changes of the neighbour
// take.
func (tr trouble) follow(s *site, word string) time.Duration {
	s.Helper()
	if tr.again != nil {
		tr.again(s)
	}
	return s.lag(word)
}

// lag returns how long a change of "well" usually takes to arrive. All have to.
func (s *site) lag(word string) time.Duration {
	s.Helper()
	var took []time.Duration
	for i := range rounds {
		file, text := fmt.Sprint("f", i), fmt.Sprint(word, " ", i)
		s.put("well", file, text)
		took = append(took, s.arrive("well", file, text))
	}
	slices.Sort(took)
	return took[rounds/2]
}

// hit sends a signal to the instance of "ill", if there is one.
func hit(sig syscall.Signal) func(*site) {
	return func(s *site) {
		if m, ok := s.look("ill"); ok && m.Pid != 0 {
			_ = syscall.Kill(m.Pid, sig)
		}
	}
}

// died tells that a module died at least twice, the last time of a cause.
func died(cause string) func(control.Module) bool {
	return func(m control.Module) bool {
		n := len(m.Deaths)
		return n >= 2 && strings.HasPrefix(m.Deaths[n-1].Cause, cause)
	}
}

func TestModuleThatPanicsHurtsNobody(t *testing.T) {
	t.Parallel()
	trouble{again: hit(syscall.SIGSEGV), noted: died("SIGSEGV")}.hurtsNobody(t)
}

func TestModuleThatIsKilledHurtsNobody(t *testing.T) {
	t.Parallel()
	trouble{again: hit(syscall.SIGKILL), noted: died("killed by signal 9")}.hurtsNobody(t)
}

func TestModuleThatIsStoppedHurtsNobody(t *testing.T) {
	t.Parallel()
	// Its neighbour has to give signs of life more often, on a busy machine too.
	tr := trouble{options: []string{"--hung-after", "15s"}}
	stopped := 0
	tr.again = func(s *site) { // each once, as it is continued to tell what it did
		if m, ok := s.look("ill"); ok && m.State == control.Live && m.Pid != stopped {
			stopped = m.Pid
			_ = syscall.Kill(m.Pid, syscall.SIGSTOP)
		}
	}
	tr.noted = func(m control.Module) bool {
		return slices.ContainsFunc(m.Deaths, func(d control.Death) bool {
			return strings.HasPrefix(d.Cause, "no sign of life for ") && d.Dump != ""
		})
	}
	tr.hurtsNobody(t)
}

func TestModuleThatTakesTooMuchMemoryHurtsNobody(t *testing.T) {
	t.Parallel()
	tr := trouble{noted: died("used ")}
	tr.lines = []string{"memory_max: 64m", "rsync: {program: " + leaking(t) + "}"}
	tr.begin = func(s *site) { s.put("ill", "file", "x") }
	tr.hurtsNobody(t)
}

// leaking is an rsync that takes far more memory than it may, and keeps it. It
// does not take all there is: who sees to that looks only once a second, and a
// machine without memory kills anybody.
func leaking(t *testing.T) string {
	t.Helper()
	program := t.TempDir() + "/rsync"
	script := "#!/bin/sh\ncase \"$*\" in --version) exec rsync --version ;; esac\n{ head -c 300000000 /dev/zero; exec sleep 1000; } | tail\n"
	if err := os.WriteFile(program, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	return program
}

func TestModuleWithABrokenFileHurtsNobody(t *testing.T) {
	t.Parallel()
	trouble{
		again: func(s *site) {
			s.module("ill", "targte: /nowhere")
			c := exec.Command(os.Getenv(programEnv), append([]string{"reload"}, s.folders()...)...)
			if out, err := c.CombinedOutput(); err == nil || !strings.Contains(string(out), "ill.yaml:3:1") {
				s.Errorf("reload says nothing of the broken file: %v\n%s", err, out)
			}
		},
		noted: func(m control.Module) bool { return len(m.Problems) > 0 && m.Pid != 0 && m.State == control.Live },
	}.hurtsNobody(t)
}

func TestModuleWithADeadTargetHurtsNobody(t *testing.T) {
	t.Parallel()
	trouble{
		lines: []string{"targets: [rsync://127.0.0.1:1/nowhere]"},
		again: func(s *site) { s.put("ill", "file", "x") },
		noted: func(m control.Module) bool { return m.State == control.Backoff && m.Pid != 0 },
	}.hurtsNobody(t)
}

func TestModuleThatOwesMuchHurtsNobody(t *testing.T) {
	t.Parallel()
	files := 20_000
	if os.Getenv(longEnv) != "" {
		files = 1_000_000
	}
	made := false
	trouble{
		lines: []string{"targets: [rsync://127.0.0.1:1/nowhere]"},
		again: func(s *site) {
			for i := 0; i < files && !made; i++ {
				dir := s.path("src", "ill", fmt.Sprint(i/1000))
				if i%1000 == 0 {
					s.must(os.Mkdir(dir, 0o755))
				}
				s.must(os.WriteFile(fmt.Sprintf("%s/%d", dir, i), nil, 0o644))
			}
			made = true
		},
		noted: func(m control.Module) bool { return m.Owed > 0 && m.State == control.Backoff },
	}.hurtsNobody(t)
}
