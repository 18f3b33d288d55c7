package doctor

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/syncsvc/syncsvc/config"
	"github.com/syncsvc/syncsvc/rsync/rsyncd"
	"github.com/syncsvc/syncsvc/rsync/sshd"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// site is a folder with module files, and the sources they watch.
type site struct {
	testing.TB
	dir  string
	root string // an empty system, so that this one's rc.local does not matter
}

func newSite(tb testing.TB) *site {
	tb.Helper()
	s := &site{tb, tb.TempDir(), tb.TempDir()}
	s.must(os.MkdirAll(filepath.Join(s.root, "proc"), 0o755))
	return s
}

func (s *site) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// write makes a file below the site and returns its path.
func (s *site) write(name, text string) string {
	s.Helper()
	path := filepath.Join(s.dir, name)
	s.must(os.MkdirAll(filepath.Dir(path), 0o755))
	s.must(os.WriteFile(path, []byte(text), 0o600))
	return path
}

// module writes a module file and loads it; DIR in it is the site's folder.
func (s *site) module(name, text string) *config.Module {
	s.Helper()
	path := s.write("conf.d/"+name+".yaml", strings.ReplaceAll(text, "DIR", s.dir))
	m, err := config.LoadModule(path)
	s.must(err)
	return m
}

// daemon serves the folder "backup" of the site as module "m".
func (s *site) daemon(modules ...rsyncd.Module) *rsyncd.Daemon {
	s.Helper()
	d, err := rsyncd.Start(rsyncd.Options{Dir: s.TempDir(), Modules: modules})
	s.must(err)
	s.Cleanup(d.Kill)
	return d
}

func (s *site) sshd() *sshd.Server {
	s.Helper()
	server, err := sshd.Start(s.TempDir())
	s.must(err)
	s.Cleanup(server.Stop)
	return server
}

func (s *site) folder(name string) string {
	s.Helper()
	path := filepath.Join(s.dir, name)
	s.must(os.MkdirAll(path, 0o755))
	return path
}

func (s *site) check(o Options) []Finding {
	s.Helper()
	o.Root = s.root
	return Check(context.Background(), o)
}

// find returns the first finding about a thing.
func (s *site) find(findings []Finding, what string) Finding {
	s.Helper()
	for _, f := range findings {
		if f.What == what {
			return f
		}
	}
	s.Fatalf("nothing was found about %q in %+v", what, findings)
	return Finding{}
}

// want demands a finding of a level whose message has a text in it.
func (s *site) want(findings []Finding, what string, level Level, says string) Finding {
	s.Helper()
	var near []Finding
	for _, f := range findings {
		if f.What != what {
			continue
		}
		if f.Level == level && strings.Contains(f.Message, says) {
			return f
		}
		near = append(near, f)
	}
	s.Fatalf("no finding %q %s %q, but %+v of %+v", what, level, says, near, findings)
	return Finding{}
}
