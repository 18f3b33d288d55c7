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
	if instances, _ := s.running(); instances != many {
		t.Errorf("%d instances run", instances)
	}
	began = time.Now()
	s.stop()
	t.Logf("all had stopped after %s", time.Since(began))
	if left := s.processes(); len(left) > 0 {
		t.Errorf("%d processes are left", len(left))
	}
}
