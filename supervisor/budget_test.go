package supervisor

import (
	"fmt"
	"os"
	"testing"

	"github.com/syncsvc/syncsvc/config"
	"github.com/syncsvc/syncsvc/control"
)

// overview is the whole service as it shows itself.
func (s *site) overview() control.Overview {
	s.Helper()
	var o control.Overview
	s.must(s.client.Get(s.Context(), "/v1/status", &o))
	return o
}

func TestModulesShareWhatIsLimited(t *testing.T) {
	s := newSite(t, "real")
	s.settings.Budget = config.Budget{Rsyncs: 1, FullSyncs: 1, Bandwidth: 1 << 30}
	names := []string{"blog", "forum", "shop", "www"}
	for _, name := range names {
		s.module(name)
		for i := range 20 {
			s.write(fmt.Sprintf("src/%s/%d", name, i), "x")
		}
	}
	s.start()
	for _, name := range names {
		s.until(name+" has all", func() bool {
			if b := s.overview().Budget; b == nil || b.RsyncsUsed > 1 || b.FullSyncsUsed > 1 || b.BandwidthUsed > 1<<30 {
				t.Errorf("more is used than is allowed: %+v", b)
			}
			_, err := os.Stat(s.path("dst/" + name + "/19"))
			return err == nil
		})
		s.mirrors(name)
	}
	s.until("all is given back", func() bool { b := s.overview().Budget; return b.RsyncsUsed == 0 && b.Waiting == 0 })
}
