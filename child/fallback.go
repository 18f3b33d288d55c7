package child

// newGroup makes the control group of p with its limits, nil where there are no
// groups.
func (s *Starter) newGroup(p *Process) *group {
	s.mu.Lock()
	groups := s.groups
	s.mu.Unlock()
	if groups == nil {
		return nil
	}
	g, err := groups.add(p.spec.Name)
	if err != nil {
		s.noGroups(err)
		return nil
	}
	if most := p.spec.Limits.MemoryMax; most > 0 && groups.limits == "" {
		err := g.limit(most)
		p.limited = err == nil
		if err != nil {
			s.log.Warn("the kernel does not mind memory_max, its keeper will", "module", p.spec.Name, "err", err)
		}
	}
	return g
}

// abandonGroup gives the control group of p up.
func (p *Process) abandonGroup() {
	if p.group != nil {
		_ = p.group.end()
		p.group, p.limited = nil, false
	}
}

// noGroups says for once that children do without control groups from now on.
func (s *Starter) noGroups(reason error) {
	s.mu.Lock()
	had := s.groups != nil
	s.groups = nil
	s.mu.Unlock()
	if had {
		s.log.Warn("modules run without control groups of their own from now on", "reason", reason)
	}
}

// bornInside reports whether children can be started in their control groups.
func (s *Starter) bornInside() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.outside
}

// notInside says for once that children are moved into their groups.
func (s *Starter) notInside(reason error) {
	s.mu.Lock()
	had := s.outside
	s.outside = true
	s.mu.Unlock()
	if !had {
		s.log.Info("modules are moved to their control groups after their start", "reason", reason)
	}
}
