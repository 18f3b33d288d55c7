package supervisor

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"sync"

	"github.com/syncsvc/syncsvc/config"
	"github.com/syncsvc/syncsvc/control"
)

// setting is one setting of the service as text.
type setting struct {
	key  string
	text string
	live bool // a change takes effect at once
}

// settingsOf lists the settings that a reload compares.
func settingsOf(s *config.Service) []setting {
	return []setting{
		{"conf_dir", s.ConfDir, false},
		{"state_dir", s.StateDir, false},
		{"run_dir", s.RunDir, false},
		{"log_dir", s.LogDir, false},
		{"drain_timeout", s.DrainTimeout.String(), false},
		{"log_level", strings.ToLower(s.LogLevel.String()), true},
		{"log_format", s.LogFormat, false},
		{"log_files", fmt.Sprint(s.LogFiles.On), false},
		{"log_size", fmt.Sprint(s.LogFiles.Size), false},
		{"log_keep", fmt.Sprint(s.LogFiles.Keep), false},
		{"max_rsyncs", limit(int64(s.Budget.Rsyncs)), true},
		{"max_full_syncs", limit(int64(s.Budget.FullSyncs)), true},
		{"max_bandwidth", limit(s.Budget.Bandwidth), true},
		{"hung_after", s.HungAfter.String(), true},
		{"socket_group", s.Control.Group, false},
		{"listen", s.Control.Listen, false},
		{"token_file", s.Control.TokenFile, false},
		{"tls_cert", s.Control.TLSCert, false},
		{"tls_key", s.Control.TLSKey, false},
	}
}

// limit is a limit as it is written.
func limit(n int64) string {
	if n == 0 {
		return "off"
	}
	return fmt.Sprint(n)
}

// settingChanges compares two versions of the settings.
func settingChanges(old, now *config.Service) []control.SettingChange {
	var changes []control.SettingChange
	after := settingsOf(now)
	for i, was := range settingsOf(old) {
		if is := after[i]; is.text != was.text {
			changes = append(changes, control.SettingChange{
				KeyChange: control.KeyChange{Key: was.key, Old: was.text, New: is.text}, Where: now.Place(was.key), Restart: !was.live,
			})
		}
	}
	if !reflect.DeepEqual(old.Alerts, now.Alerts) {
		changes = append(changes, control.SettingChange{
			KeyChange: control.KeyChange{Key: "alerts", Old: plural(len(old.Alerts), "alert"), New: plural(len(now.Alerts), "alert")},
			Where:     now.Place("alerts"),
		})
	}
	return changes
}

// beginReload tells the service manager about a reload, and takes over what has
// changed in the settings of the service itself.
func (s *service) beginReload(ctx context.Context) (overhaul, func()) {
	s.notifier.reloading()
	o := s.planSettings()
	if o.now != nil {
		s.adopt(ctx, o.now)
	}
	return o, s.notifier.reloaded
}

// overhaul is what a reload means for the settings of the service itself.
type overhaul struct {
	now      *config.Service // nil when they can't be read
	changes  []control.SettingChange
	problems []control.Problem
	// restart says why every module has to be started again; "" = it need not.
	restart string
}

// planSettings is what a reload would take over.
func (s *service) planSettings() overhaul {
	now, problems := s.rereadSettings()
	if now == nil {
		return overhaul{problems: problems}
	}
	old := s.settings.Load()
	o := overhaul{now: now, changes: settingChanges(old, now)}
	if limits := newLimits(old.Budget, now.Budget); len(limits) > 0 {
		// A process that does not ask would not be counted.
		o.restart = "it has to ask for its share from now on: " + strings.Join(limits, ", ") + " was off"
	}
	return o
}

// newLimits are the settings that limit what an instance did not have to ask
// for before.
func newLimits(old, now config.Budget) []string {
	var keys []string
	if asksToRun := old.Rsyncs > 0 || old.Bandwidth > 0; !asksToRun {
		if now.Rsyncs > 0 {
			keys = append(keys, "max_rsyncs")
		}
		if now.Bandwidth > 0 {
			keys = append(keys, "max_bandwidth")
		}
	}
	if old.FullSyncs == 0 && now.FullSyncs > 0 {
		keys = append(keys, "max_full_syncs")
	}
	return keys
}

// rereadSettings reads the settings as they are now; nil when that can't be.
func (s *service) rereadSettings() (*config.Service, []control.Problem) {
	if s.Reread == nil {
		return nil, nil
	}
	now, err := s.Reread()
	if err == nil {
		return now, nil
	}
	var problems []control.Problem
	for _, p := range config.Problems(err) {
		problems = append(problems, problem("", p))
	}
	return nil, problems
}

// adopt puts in force what can change while the service runs. The rest stays
// as it was when the service began.
func (s *service) adopt(ctx context.Context, now *config.Service) {
	old := s.settings.Load()
	next := *old
	next.Budget, next.Alerts, next.LogLevel, next.HungAfter = now.Budget, now.Alerts, now.LogLevel, now.HungAfter
	s.settings.Store(&next)
	s.broker.limit(next.Budget)
	for _, m := range s.fleet.all() {
		m.keeper.setHungAfter(next.HungAfter)
	}
	if !reflect.DeepEqual(old.Alerts, next.Alerts) {
		s.alerts.Adopt(next.Alerts)
	}
	if next.LogLevel == old.LogLevel {
		return
	}
	if s.Level != nil {
		s.Level(next.LogLevel)
	}
	s.fleet.setLevel(ctx, control.LogLevel{Level: strings.ToLower(next.LogLevel.String())})
}

// setLevel tells the modules that log from the same level on as the service.
func (f *fleet) setLevel(ctx context.Context, level control.LogLevel) {
	ctx, cancel := context.WithTimeout(ctx, lookPatience)
	defer cancel()
	var all sync.WaitGroup
	for _, m := range f.all() {
		f.mu.Lock()
		own := m.module.LogLevel != nil
		f.mu.Unlock()
		if own || m.keeper.status().Pid == 0 {
			continue
		}
		all.Go(func() {
			socket := control.Dial(control.Socket(f.runDir, m.name))
			if err := socket.Post(ctx, "/v1/log-level", level, nil); err != nil {
				f.log.Warn("module keeps its log level until it is restarted", "module", m.name, "err", err)
			}
		})
	}
	all.Wait()
}
