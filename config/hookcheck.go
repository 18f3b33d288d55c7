package config

import (
	"fmt"
	"net/url"
	"os/exec"
	"path"
	"regexp"
	"slices"
	"strings"
)

// checkHook refuses what a hook's keys say against each other, and what is
// missing.
func (d *decoder) checkHook(v value, h *Hook) {
	if h.Kind != HookCommand {
		for _, key := range []string{"stdin", "run_file"} {
			if v.has(key) {
				v.at(key).fail("leave it out", "is only for hooks with a command")
			}
		}
	}
	single := false
	switch h.Kind {
	case HookCommand:
		v.checkCommand(&h.Command)
		single = h.Command.Stdin == ""
	case HookHTTP:
		single = h.HTTP.Format == HookSersync
		v.at("http").need("url", h.HTTP.URL, "url: https://host/path")
	case HookSocket:
		single = h.Socket.Format == HookPath
		v.at("socket").need("to", h.Socket.Address, "to: tcp://host:port")
	case HookCDN:
		d.checkCDN(v.at("cdn"), &h.CDN)
		single = h.CDN.Provider == CDNSersync
	case HookMail:
		v.at("mail").checkMail(&h.Mail)
	}
	switch {
	case single && v.has("batch") && h.Batch > 1:
		v.at("batch").fail("leave it out", "this tells of one path at a time")
	case single:
		h.Batch = 1
		if !v.has("every") {
			h.Every = 0
		}
	case h.Kind == HookSocket && !v.has("batch"):
		h.Batch = 100
	}
	if d.alone && h.AfterAll {
		v.at("after").fail("leave it out", "there are no targets to wait for")
	}
}

// need complains when what must be said was not. That it is wrong was said
// before.
func (v value) need(key, is, example string) {
	if is == "" && v.kind == object && !v.has(key) {
		v.fail(example, "%s is missing", key)
	}
}

// placeholder finds what looks like one of [CommandHook.Argv].
var placeholder = regexp.MustCompile(`\{([a-z]+)\}`)

// placeholders are those that there are; the first four differ from path to
// path.
func placeholders() []string { return []string{"file", "path", "was", "event", "module", "target"} }

// checkCommand refuses words that would not be replaced, and running the file
// that has changed unless that is asked for.
func (v value) checkCommand(c *CommandHook) {
	argv := v.at("command")
	for _, word := range c.Argv {
		for _, found := range placeholder.FindAllStringSubmatch(word, -1) {
			name := found[1]
			switch {
			case !slices.Contains(placeholders(), name):
				if near := Closest(name, placeholders()); near != "" {
					argv.fail(fmt.Sprintf("did you mean {%s}?", near), "{%s} stands for nothing", name)
				}
			case c.Stdin != "" && slices.Contains(placeholders()[:4], name):
				argv.fail("leave it out; the paths are on the standard input", "{%s} is of one path, and with stdin there can be many", name)
			}
		}
	}
	switch runs := runsFile(c.Argv); {
	case runs && !c.RunFile && remoteShells.MatchString(path.Base(c.Argv[0])):
		argv.fail(`with stdin: files the paths are safe, as in [ssh, host, "xargs -0 -n 1 /usr/local/bin/purge"]; or name a script that quotes the path twice`,
			"the other host's shell would run what is in the path: ssh makes one line of its words")
	case runs && !c.RunFile:
		argv.fail("if that is meant, add run_file: true; else name a program that gets {file} as an argument",
			"this runs the changed file itself, whoever wrote it")
	case !runs && v.has("run_file"):
		v.at("run_file").fail("leave it out", "the command does not run the changed file")
	}
}

// cdnNeeds are the keys that a provider cannot do without, and those that mean
// nothing to it.
func cdnNeeds(provider string) (needs, strange []string) {
	all := []string{"zone", "service", "key_id", "user"}
	switch provider {
	case CDNCloudflare:
		needs = []string{"zone", "secret_file"}
	case CDNFastly:
		needs = []string{"secret_file"}
	case CDNAliyun, CDNTencent:
		needs = []string{"key_id", "secret_file"}
	case CDNSersync:
		needs = []string{"user", "secret_file", "endpoint"}
	default:
		return nil, nil
	}
	for _, key := range all {
		if !slices.Contains(needs, key) && !(provider == CDNFastly && key == "service") {
			strange = append(strange, key)
		}
	}
	return append(needs, "base"), strange
}

func (d *decoder) checkCDN(v value, c *CDNHook) {
	if v.kind != object {
		return
	}
	if !v.has("provider") {
		v.fail("provider: cloudflare, fastly, aliyun, tencent or sersync", "provider is missing")
		return
	}
	needs, strange := cdnNeeds(c.Provider)
	for _, key := range needs {
		if !v.has(key) && !(key == "secret_file" && d.secretApart) {
			v.fail("add "+key+":", "%s needs %s", c.Provider, key)
		}
	}
	for _, key := range strange {
		if v.has(key) {
			v.at(key).fail("leave it out", "means nothing to %s", c.Provider)
		}
	}
	if c.Provider == CDNSersync || c.Base == "" {
		return
	}
	u, err := url.Parse(c.Base)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		v.at("base").fail("write the URL under which the watched folder is seen: https://www.example.com/", "%q is not a URL", c.Base)
		return
	}
	if c.Regex == "" && !strings.HasSuffix(c.Base, "/") {
		c.Base += "/"
	}
}

func (v value) checkMail(m *MailHook) {
	if v.kind != object {
		return
	}
	v.need("from", m.From, "from: syncsvc@example.com")
	v.need("server", m.Server, "server: smtp://localhost")
	switch {
	case !v.has("to"), len(m.To) == 0 && v.at("to").kind == list && len(v.at("to").items) == 0:
		v.fail("to: [ops@example.com]", "to is missing")
	case m.User == "" && m.PasswordFile != "":
		v.at("password_file").fail("add user:", "is given, but no user")
	case m.User != "" && m.PasswordFile == "":
		v.at("user").fail("add password_file:", "is given, but no password_file")
	}
}

// checkHookSystem looks for what a hook needs of this machine.
func (m *Module) checkHookSystem(i int) []Problem {
	h, at := &m.Hooks[i], fmt.Sprintf("hooks[%d]", i)
	var problems []Problem
	look := func(key, file string, check func(string) *mistake) {
		if file == "" {
			return
		}
		if bad := check(file); bad != nil {
			problems = append(problems, m.problem(at+"."+key, bad.hint, bad.message))
		}
	}
	look("http.secret_file", h.HTTP.SecretFile, checkPasswordFile)
	look("http.token_file", h.HTTP.TokenFile, checkPasswordFile)
	look("http.ca_file", h.HTTP.CAFile, checkReadable)
	look("cdn.secret_file", h.CDN.SecretFile, checkPasswordFile)
	look("cdn.ca_file", h.CDN.CAFile, checkReadable)
	look("mail.password_file", h.Mail.PasswordFile, checkPasswordFile)
	look("mail.ca_file", h.Mail.CAFile, checkReadable)
	if argv := h.Command.Argv; len(argv) > 0 && !strings.Contains(argv[0], "{") {
		look("command", argv[0], func(program string) *mistake {
			if _, err := exec.LookPath(program); err != nil {
				return wrong("install it, or correct command", "%s cannot be run: %s", program, programError(err))
			}
			return nil
		})
	}
	return problems
}
