package isolation_test

import (
	"fmt"
	"os"
	"testing"
	"time"
)

// TestManyModulesStartRunAndStop starts as many instances as a big site has.
func TestManyModulesStartRunAndStop(t *testing.T) {
	if os.Getenv(longEnv) == "" {
		t.Skip("set " + longEnv + "=1: it takes a minute; package supervisor tries it with small children")
	}
	const many = 300
	restoreInotify(t) // the service raises it
	s := newSite(t, false)
	s.options = []string{"--drain-timeout", "30s"}
	for i := range many {
		name := fmt.Sprintf("m%03d", i)
		s.module(name)
		s.put(name, "before", name)
	}
	began := time.Now()
	s.start()
	for i := range many {
		name := fmt.Sprintf("m%03d", i)
		s.arrive(name, "before", name)
		s.put(name, "after", name)
	}
	t.Logf("all had their first sync after %s", time.Since(began))
	for i := range many {
		name := fmt.Sprintf("m%03d", i)
		s.arrive(name, "after", name)
	}
	if instances := s.instances(); instances != many {
		t.Errorf("%d instances run", instances)
	}
	began = time.Now()
	s.stop()
	t.Logf("all had stopped after %s", time.Since(began))
	if left := s.processes(); len(left) > 0 {
		t.Errorf("%d processes are left", len(left))
	}
}

// restoreInotify sets how many inotify instances a user may have to what it is
// now when the test ends.
func restoreInotify(t *testing.T) {
	t.Helper()
	const file = "/proc/sys/fs/inotify/max_user_instances"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { _ = os.WriteFile(file, text, 0) })
}
