package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/syncsvc/syncsvc/config/sersync"
)

// decodeXML reads a text as a file of that name.
func decodeXML(name, text string) ([]*Module, []Problem) {
	return readXML(strings.TrimSuffix(name, ".xml"), &source{file: name, text: text}, environment{home: "/srv/home/me", rulesFrom: readRules}, sersync.Options{})
}

// mustXML reads the only module of a text.
func mustXML(t *testing.T, text string) *Module {
	t.Helper()
	modules, problems := decodeXML("www.xml", text)
	if len(problems) > 0 || len(modules) != 1 {
		t.Fatalf("%d modules: %v", len(modules), Join(problems))
	}
	modules[0].File = "www.yaml"
	return modules[0]
}

// head wraps what is not about the folder in a file that says the least there
// can be.
func head(sync, rest string) string {
	return `<head><sersync><localpath watch="/data/www"><remote ip="10.0.0.8" name="www"/></localpath>` + sync + `</sersync>` + rest + `</head>`
}

func TestStockFileIsAModule(t *testing.T) {
	text, err := os.ReadFile("sersync/testdata/confxml.xml")
	if err != nil {
		t.Fatal(err)
	}
	want := mustDecode(t, `
watch: /opt/tongbu
targets: ["rsync://127.0.0.1/tongbu1"]
delete: true
events: {delete: true, create_folder: true, create_file: false, close_write: true, move_from: true, move_to: true, attrib: false, modify: false}
rsync: {args: ["-artuz"]}
temp_files: exclude
fail_log: {path: /tmp/rsync_fail_log.sh, retry_every: 60m, format: sersync}
`)
	if diff := cmp.Diff(want, mustXML(t, string(text)), meaning); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestMissingElementsAreAsInTheStockFile(t *testing.T) {
	text, err := os.ReadFile("sersync/testdata/confxml.xml")
	if err != nil {
		t.Fatal(err)
	}
	least := `<HEAD><SerSync><LocalPath Watch="/opt/tongbu"><REMOTE IP="127.0.0.1" Name='tongbu1'/></localpath></sersync></head>`
	if diff := cmp.Diff(mustXML(t, string(text)), mustXML(t, least), meaning); diff != "" {
		t.Errorf("-whole +least:\n%s", diff)
	}
}

func TestEverySettingArrives(t *testing.T) {
	got := mustXML(t, `<head># a note between elements
	<debug start="true"/><fileSystem xfs="true"/>
	<filter start="true"><exclude expression="(.*)\.svn"/><exclude expression="^info/*"></exclude><!-- a comment in the middle --></filter>
	<inotify><delete start="false"/><attrib start="true"/><modify start="TRUE"/></inotify>
	<sersync>
	<localpath watch="/data/www//">
	  <remote ip="10.0.0.8" name="www/a b"/>
	  <remote ip="fe80::1" name="www"/>
	</localpath>
	<rsync><commonParams params="-avzP --exclude='*.a b' --bwlimit=20m --chmod D755 --delete-after"/>
	  <auth start="true" users="backup" passwordfile="/etc/rsync.pas"/><userDefinedPort start="true" port="8873"/>
	  <timeout start="true" time="30"/></rsync>
	<failLog path="/var/log/fail.sh" timeToExecute="5"/>
	<crontab start="true" schedule="20"><crontabfilter start="true"><exclude expression="*.php"/></crontabfilter></crontab>
	<plugin start="true" name="command"/>
	</sersync>
	<plugin name="command"><param prefix="/usr/bin/php /opt/tell.php" suffix="'a b'" ignoreError="true"/>
	<filter start="true"><include expression="(.*)\.php"/></filter></plugin>
	</head>`)
	want := mustDecode(t, `
watch: /data/www
targets: ["rsync://backup@10.0.0.8:8873/www/a%20b", "rsync://backup@[fe80::1]:8873/www"]
password_file: /etc/rsync.pas
delete: true
events: {delete: false, create_folder: true, create_file: false, close_write: true, move_from: true, move_to: true, attrib: true, modify: false}
filter: ["- *.a b"]
exclude_regex: ['(.*)\.svn', '^info/*']
rsync: {args: ["-az", "--chmod=D755"], bwlimit: 20m, timeout: 30s}
temp_files: exclude
fail_log: {path: /var/log/fail.sh, retry_every: 5m, format: sersync}
full_compare: {schedule: every 20m, exclude: ["*.php"]}
log_level: debug
hooks:
  - {command: [/usr/bin/php, /opt/tell.php, "{file}", "a b"], include_regex: ['(.*)\.php'], after: all}
`)
	if diff := cmp.Diff(want, got, meaning); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestSecureShellHasNoPasswordFile(t *testing.T) {
	m := mustXML(t, `<head><sersync><localpath watch="/data/www"><remote ip="h" name="/srv/www"/></localpath><rsync>
	<auth start="true" users="me" passwordfile="/p"/><ssh start="true"/><userDefinedPort start="true" port="874"/></rsync></sersync></head>`)
	if m.Targets[0].URL != "ssh://me@h/srv/www" || m.Targets[0].PasswordFile != "" || len(m.Warnings()) != 3 {
		t.Errorf("%+v, warnings %q", m.Targets[0], m.Warnings())
	}
}

func TestPluginsBecomeHooks(t *testing.T) {
	m := mustXML(t, head(`<plugin start="true" name="refreshCDN"/>`, `<plugin name="refreshCDN"><localpath watch="/data/www/">
	<cdninfo domainname="ccms.example.com" port="80" username="u" passwd="secret"/><sendurl base="http://pic/cms"/>
	<regexurl regex="true" match="site([/a-z]*)"/></localpath></plugin>`))
	want := CDNHook{Provider: CDNSersync, Endpoint: "http://ccms.example.com:80", Base: "http://pic/cms", User: "u", Password: "secret", Regex: "site([/a-z]*)"}
	if diff := cmp.Diff(want, m.Hooks[0].CDN); diff != "" || !m.Hooks[0].AfterAll {
		t.Errorf("-want +got:\n%s", diff)
	}
	m = mustXML(t, head(`<plugin start="true" name="socket"/>`, `<plugin name="socket"><localpath watch="/data/www"><deshost ip="10.0.0.9" port="8009"/></localpath></plugin>`))
	if got := m.Hooks[0].Socket; got != (SocketHook{"tcp", "10.0.0.9:8009", HookPath}) {
		t.Errorf("socket is %+v", got)
	}
	m = mustXML(t, head(`<plugin start="true" name="http"/>`, `<plugin name="http"><localpath watch="/data/www"><deshost url="http://h/p?a=1&b=2" port="80"/></localpath></plugin>`))
	if got := m.Hooks[0].HTTP; got.URL != "http://h/p?a=1&b=2" || got.Format != HookSersync {
		t.Errorf("http is %+v", got)
	}
}

func TestEncodingsAreThoseTheFileSays(t *testing.T) {
	const path = "/data/网站"
	gbk, err := simplifiedchinese.GBK.NewEncoder().String(path)
	if err != nil {
		t.Fatal(err)
	}
	latin, err := charmap.ISO8859_1.NewEncoder().String("/data/caf\u00e9")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ first, path, want string }{
		{"", path, path},
		{"\ufeff", path, path},
		{`<?xml version="1.0" encoding="UTF-8"?>`, path, path},
		{`<?xml version="1.0" encoding="GB2312"?>`, gbk, path},
		{`<?xml version='1.0' encoding='gbk' ?>`, gbk, path},
		{`<?xml version="1.0" encoding="ISO-8859-1"?>`, latin, "/data/caf\u00e9"},
		{`<?xml version="1.0" encoding="ISO-8859-1"?>`, path, path}, // the stock first line, saved as UTF-8
	} {
		m := mustXML(t, c.first+strings.Replace(head("", ""), "/data/www", c.path, 1))
		if m.Watch != c.want {
			t.Errorf("%s: watches %q", c.first, m.Watch)
		}
	}
}

func TestChineseNamesInAFileThatSaysLatinAreDoubted(t *testing.T) {
	const first = `<?xml version="1.0" encoding="ISO-8859-1"?>`
	gbk := func(s string) string {
		out, err := simplifiedchinese.GBK.NewEncoder().String(s)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	doubted := func(text string) bool {
		m := mustXML(t, text)
		return strings.Contains(strings.Join(m.Warnings(), "\n"), `encoding="GBK"`)
	}
	if !doubted(first + gbk(strings.ReplaceAll(head("", ""), "/data/www", "/数据"))) {
		t.Error("a folder of another name is watched, and nothing is said")
	}
	if doubted(first + gbk(head("<!-- 数据 -->", ""))) {
		t.Error("a comment is doubted")
	}
}

func TestSeveralFoldersAreSeveralModules(t *testing.T) {
	c := newConfDir(t)
	c.write("bbs.xml", `<head><sersync>
	<localpath watch="/data/a"><remote ip="h" name="a"/></localpath>
	<localpath watch="/data/b"><remote ip="h" name="b"/></localpath>
	</sersync></head>`)
	modules, err := LoadDir(c.path)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range modules {
		got = append(got, fmt.Sprintf("%s %s %s", m.Name, m.Watch, m.FailLog.Path))
	}
	want := []string{"bbs /data/a /tmp/rsync_fail_log.sh", "bbs-2 /data/b /tmp/rsync_fail_log-2.sh"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if diff := cmp.Diff([]string{"bbs", "bbs-2"}, Names(c.path)); diff != "" {
		t.Errorf("names:\n%s", diff)
	}
	file := filepath.Join(c.path, "bbs.xml")
	if diff := cmp.Diff([]string{file}, Files(c.path, "bbs-2")); diff != "" {
		t.Errorf("files:\n%s", diff)
	}
	if m, err := LoadNamed(file, "bbs-2"); err != nil || m.Watch != "/data/b" {
		t.Errorf("by name: %v, %v", m, err)
	}
	if _, err := LoadNamed(file, "bbs-3"); err == nil {
		t.Error("a third module was found")
	}
}

func TestNameOfASecondFolderCanBeTaken(t *testing.T) {
	c := newConfDir(t)
	c.write("bbs-2.yaml", "watch: /data/x\ntargets: [/backup/x]\n")
	c.write("bbs.xml", `<head><sersync><localpath watch="/data/a"><remote ip="h" name="a"/></localpath>
	<localpath watch="/data/b"><remote ip="h" name="b"/></localpath></sersync></head>`)
	modules, err := LoadDir(c.path)
	if len(modules) != 0 || err == nil || !strings.Contains(err.Error(), `also the file of module "bbs-2"`) {
		t.Errorf("%d modules, %v", len(modules), err)
	}
}

// TestXMLRefused compares what people get to see of files that are wrong.
func TestXMLRefused(t *testing.T) {
	eachArchive(t, "testdata/xml/refused*.txtar", func(t *testing.T, file txtar.File) string {
		modules, problems := decodeXML(file.Name, string(file.Data))
		if len(modules) > 0 || len(problems) == 0 {
			t.Fatal("it is not refused")
		}
		return Join(problems).Error() + "\n"
	})
}

// TestXMLWarnings does the same with what is only remarked on.
func TestXMLWarnings(t *testing.T) {
	eachArchive(t, "testdata/xml/warned*.txtar", func(t *testing.T, file txtar.File) string {
		modules, problems := decodeXML(file.Name, string(file.Data))
		if len(problems) > 0 {
			t.Fatal(Join(problems))
		}
		var lines []string
		for _, m := range modules {
			lines = append(lines, m.Warnings()...)
		}
		return strings.Join(lines, "\n") + "\n"
	})
}

func TestHugeFilesAreRefusedAtOnce(t *testing.T) {
	for name, text := range map[string]string{
		"10 MB":        head("", strings.Repeat("<!-- padding -->\n", 10<<20/17)),
		"depth":        "<head>" + strings.Repeat("<a>", 100_000),
		"elements":     head("", strings.Repeat("<a/>", 100_000)),
		"attributes":   "<head" + strings.Repeat(` a="1"`, 10_000) + "/>",
		"open comment": "<head>" + strings.Repeat("<!-- ", 100_000),
		"UTF-16":       "\xff\xfe<\x00h\x00e\x00a\x00d\x00>\x00",
	} {
		modules, problems := decodeXML("www.xml", text)
		if modules != nil || len(problems) == 0 || len(problems[0].Text()) > 2000 {
			t.Errorf("%s: %d modules, %v", name, len(modules), problems)
		}
	}
}

// FuzzXML feeds the reader with anything: it must neither panic nor hang, must
// say why it refuses what it refuses, and its problems must lie within the
// file.
func FuzzXML(f *testing.F) {
	stock, err := os.ReadFile("sersync/testdata/confxml.xml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(stock))
	f.Add(head(`<rsync><commonParams params="-a 'b c' \"d"/></rsync>`, "&lt;<!DOCTYPE x [<!ENTITY a 'b'>]>"))
	f.Fuzz(func(t *testing.T, text string) {
		modules, problems := decodeXML("www.xml", text)
		if (len(modules) == 0) != (len(problems) > 0) {
			t.Fatalf("%v with %d problems", modules, len(problems))
		}
		lines := strings.Count(text, "\n") + strings.Count(text, "\r") + 1
		for _, p := range problems {
			if p.Message == "" || p.Line < 0 || p.Line > lines {
				t.Errorf("no place or message: %+v", p)
			}
		}
		for _, m := range modules {
			if m.Watch == "/" || m.Watch == "" || m.Filter == nil || m.Fingerprint() == "" {
				t.Errorf("not checked: %+v", m)
			}
		}
	})
}
