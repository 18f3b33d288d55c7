package config

import (
	"net/url"
	"os/exec"
	"path"
	"slices"
	"time"

	"github.com/syncsvc/syncsvc/control"
)

// Alert is one rule: when to tell whom.
type Alert = control.AlertRule

// The ranges of what an alert may say.
const (
	minOver, maxOver                 = time.Second, 30 * day
	minAlertEvery, maxAlertEvery     = time.Minute, 30 * day
	minAlertTimeout, maxAlertTimeout = time.Second, 10 * time.Minute
	defaultAlertTimeout              = 30 * time.Second
	maxAlertCount                    = 1_000_000_000
	maxAlertName                     = 64
)

// alerts reads the list of rules.
func (v value) alerts(to *[]Alert) {
	first := map[string]int{} // name to line
	v.list("[{on: held, command: [/usr/local/bin/tell]}]", func(item value) {
		if !item.is(object, "write keys, as in {on: held, command: [/usr/local/bin/tell]}") {
			return
		}
		a := Alert{Timeout: defaultAlertTimeout}
		item.object(alertKeys(&a))
		item.checkAlert(&a)
		if a.Name == "" {
			a.Name = string(a.On)
		}
		if line, taken := first[a.Name]; taken {
			item.at("name").fail("give each a name of its own: name: TEXT", "the alert in line %d is called %q too", line, a.Name)
		}
		first[a.Name] = item.node.at.line
		*to = append(*to, a)
	})
}

func alertKeys(a *Alert) schema {
	return schema{
		{"name", func(v value) { v.readAlertName(&a.Name) }},
		{"on", func(v value) {
			v.readChoice((*string)(&a.On), string(control.AlertLag), string(control.AlertAway), string(control.AlertHeld), string(control.AlertFailures), string(control.AlertDown), string(control.AlertOverflow))
		}},
		{"over", func(v value) { v.readDuration(&a.Over, minOver, maxOver) }},
		{"count", func(v value) { v.readInt(&a.Count, 0, maxAlertCount) }},
		{"modules", func(v value) { v.readModulePatterns(&a.Modules) }},
		{"command", func(v value) { v.readCommand(&a.Command) }},
		{"webhook", func(v value) { v.readWebhook(&a.Webhook) }},
		{"every", func(v value) { v.readEvery(&a.Every) }},
		{"timeout", func(v value) { v.readDuration(&a.Timeout, minAlertTimeout, maxAlertTimeout) }},
	}
}

// belongsToAlerts knows the keys that people put beside the list.
func belongsToAlerts(name string) string {
	if slices.Contains(alertKeys(&Alert{}).names(), name) {
		return "alerts, at one of them"
	}
	return ""
}

// at returns the value of a key for reporting a problem with it: the object
// itself when the key is not there.
func (v value) at(name string) value {
	if f, ok := v.get(name); ok {
		return value{f.value, v.r, v.under(name)}
	}
	return v
}

func (v value) has(name string) bool {
	_, ok := v.get(name)
	return ok
}

// checkAlert refuses a rule that would tell nobody, or whose keys contradict
// each other.
func (v value) checkAlert(a *Alert) {
	switch {
	case !v.has("on"):
		v.fail("on: lag, away, held, failures, down or overflow", "on is missing")
	case (a.On == control.AlertLag || a.On == control.AlertAway) && !v.has("over"):
		v.fail("over: 5m", "over is missing: for how long may it be so?")
	case (a.On == control.AlertFailures || a.On == control.AlertOverflow) && v.has("over"):
		v.at("over").fail("leave it out", "means nothing for on: %s, which is told at once", a.On)
	}
	if v.has("count") && a.On != control.AlertFailures && a.On != "" {
		v.at("count").fail("leave it out", "is only for on: failures")
	}
	switch {
	case !v.has("command") && !v.has("webhook"):
		v.fail("add command: [PROGRAM, ARGUMENT] or webhook: URL", "tells nobody: it has no command and no webhook")
	case v.has("command") && v.has("webhook"):
		v.at("webhook").fail("write a second alert with another name", "an alert has a command or a webhook, not both")
	}
}

func (v value) readAlertName(to *string) {
	s, ok := v.word()
	switch {
	case !ok:
	case len(s) > maxAlertName:
		v.fail("", "is longer than %d bytes", maxAlertName)
	default:
		*to = s
	}
}

func (v value) readModulePatterns(to *[]string) {
	if v.kind == list && len(v.items) == 0 {
		v.fail("leave it out for all modules", "names no module")
	}
	v.list(`["www*"]`, func(item value) {
		s, ok := item.word()
		if !ok {
			return
		}
		if _, err := path.Match(s, ""); err != nil {
			item.fail("* stands for any characters, ? for one, [a-z] for one of these", "%q is not a pattern", s)
			return
		}
		*to = append(*to, s)
	})
}

// readCommand reads a program and its arguments; no shell takes them apart.
func (v value) readCommand(to *[]string) {
	if v.kind == null || v.kind == list && len(v.items) == 0 {
		v.fail("command: [/usr/local/bin/tell, --urgent]", "names no program")
		return
	}
	var argv []string
	v.list("[/usr/local/bin/tell, --urgent]", func(item value) {
		if len(argv) == 0 {
			var program string
			item.readProgram(&program)
			argv = append(argv, program)
			return
		}
		word, _ := item.word()
		argv = append(argv, word)
	})
	*to = argv
}

// readWebhook reads a URL. It is not repeated in messages: what makes it work
// is often a secret within it.
func (v value) readWebhook(to *string) {
	s, ok := v.word()
	if !ok {
		return
	}
	u, err := url.Parse(s)
	switch {
	case err != nil, u.Scheme != "http" && u.Scheme != "https", u.Host == "":
		v.refuse(&mistake{"is not a URL that can be posted to", "write https://host/path", true})
	case u.User != nil && u.User.String() != "":
		v.refuse(&mistake{"a password does not belong in the URL", "use a path or a query with a token, as most services do", true})
	default:
		*to = s
	}
}

// readEvery reads how often to remind; 0 and "off" are never.
func (v value) readEvery(to *time.Duration) {
	if v.node.text == "off" || v.node.text == "0" {
		*to = 0
		return
	}
	v.readDuration(to, minAlertEvery, maxAlertEvery)
}

// checkCommand looks whether an alert's program is there.
func checkCommand(argv []string) *mistake {
	if len(argv) == 0 {
		return nil
	}
	if _, err := exec.LookPath(argv[0]); err != nil {
		return wrong("install it, or correct command", "%s cannot be run: %s", argv[0], programError(err))
	}
	return nil
}
