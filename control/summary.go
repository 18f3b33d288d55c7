package control

// Take puts what an instance says of itself into what is known of its module:
// the state with its reason, and the sums over its targets.
func (m *Module) Take(s *Status) {
	m.Name, m.Status = s.Module, s
	m.State, m.Reason, m.Hint, m.Since = s.State, s.Reason, s.Hint, s.Since
	m.Pid, m.Started = s.Pid, &s.Started
	m.Lag, m.Owed, m.InFlight, m.Held, m.Failing = 0, 0, 0, 0, 0
	m.Targets, m.TargetsOK, m.LastSync = len(s.Targets), 0, nil
	for _, t := range s.Targets {
		m.Lag = max(m.Lag, t.Lag)
		m.Owed += t.Owed
		m.InFlight += t.InFlight
		m.Held += t.Held
		m.Failing += t.Failing
		if t.State == Live || t.State == Scanning {
			m.TargetsOK++
		}
		if t.LastSuccess != nil && (m.LastSync == nil || t.LastSuccess.After(*m.LastSync)) {
			m.LastSync = t.LastSuccess
		}
	}
}
