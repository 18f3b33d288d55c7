package sersync

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestWordsAreCutAsAShellDoes(t *testing.T) {
	for text, want := range map[string]string{
		`-artuz`:               `["-artuz"]`,
		`  -a	 -z `:            `["-a" "-z"]`,
		`--exclude='a b' -z`:   `["--exclude=a b" "-z"]`,
		`"a\"b" 'c\d' e\ f \g`: `["a\"b" "c\\d" "e f" "g"]`,
		`"a\b" ""`:             `["a\\b" ""]`,
		`'$x' \$y`:             `["$x" "$y"]`,
		``:                     `[]`,
	} {
		got, _, refused := split(text)
		if s := fmt.Sprintf("%q", got); s != want || refused != "" {
			t.Errorf("%s: got %s %s, want %s", text, s, refused, want)
		}
	}
	for text, want := range map[string]string{
		`-a $(x)`: "3 $", "-a `x`": "3 `", `-a; x`: "2 ;", `-a > y`: "3 >", `"$x"`: "1 $", `'a`: "2 " + openQuote,
	} {
		if _, at, refused := split(text); fmt.Sprint(at, " ", refused) != want {
			t.Errorf("%s: refused at %d for %q, want %s", text, at, refused, want)
		}
	}
}

func TestReferencesNeverGrow(t *testing.T) {
	for text, want := range map[string]string{
		"a&amp;b": "a&b", "&lt;&gt;&quot;&apos;": `<>"'`, "&#65;&#x42;": "AB", "?a=1&b=2": "?a=1&b=2", "&#x7f51;": "\u7f51",
	} {
		if got, bad := plain(text); got != want || bad != "" {
			t.Errorf("%s: got %q, %q", text, got, bad)
		}
	}
	for _, text := range []string{"&lol;", "&#0;", "&#x110000000;", "&#10;"} {
		if _, bad := plain(text); bad != text {
			t.Errorf("%s is not refused", text)
		}
	}
}

func TestFirstLineSaysTheEncoding(t *testing.T) {
	for text, want := range map[string]string{
		"<head/>": "utf-8", `<?xml version="1.0"?>`: "utf-8", `<?xml version='1.0' encoding='GBK'?>`: "gbk",
		"\ufeff" + `<?xml encoding="GBK"?>`: "utf-8", `<!-- <?xml encoding="GBK"?> -->`: "utf-8",
	} {
		if got := Declared(text); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

func TestEachSettingIsAccountedFor(t *testing.T) {
	text, err := os.ReadFile("testdata/confxml.xml")
	if err != nil {
		t.Fatal(err)
	}
	file, problems := Read(string(text), Options{})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	var report strings.Builder
	for _, r := range file.Remarks {
		report.WriteString(r.Setting + "\n")
	}
	for _, want := range []string{
		"host", "debug", "fileSystem", "filter", "delete", "createFolder", "createFile", "closeWrite", "moveFrom", "moveTo", "attrib", "modify",
		"localpath", "remote", "commonParams", "auth", "userDefinedPort", "timeout", "ssh", "failLog path", "failLog timeToExecute", "crontab", "plugin",
	} {
		if !strings.Contains(report.String(), want) {
			t.Errorf("nothing is said of %s:\n%s", want, report.String())
		}
	}
}

func TestPluginAloneHasNoTargets(t *testing.T) {
	text, err := os.ReadFile("testdata/confxml.xml")
	if err != nil {
		t.Fatal(err)
	}
	file, problems := Read(string(text), Options{Plugin: "refreshCDN", Threads: 3, FullSync: "never"})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	var keys []string
	for _, f := range file.Modules[0].Fields {
		keys = append(keys, f.Name)
	}
	want := []string{"watch", "threads", "full_sync", "delete", "events", "temp_files", "fail_log", "hooks"}
	if diff := cmp.Diff(want, keys); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if got := file.Modules[0].Fields[0].Value.Text; got != "/data0/htdocs/cms.xoyo.com/site/" {
		t.Errorf("watches %s, want the plugin's own folder", got)
	}
	for _, r := range file.Remarks {
		if strings.Contains(r.Changed, "-u") {
			t.Errorf("it warns of an option of rsync, which does not run: %s", r.Changed)
		}
	}
}

func TestReportDoesNotSayThatWhatIsLeftOutIsKept(t *testing.T) {
	file, problems := Read(`<head><sersync><localpath watch="/a"><remote ip="h" name="/b"/></localpath>
<rsync><auth start="true" users="u" passwordfile="/p"/><userDefinedPort start="true" port="874"/><ssh start="true"/></rsync></sersync></head>`, Options{})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for _, r := range file.Remarks {
		if strings.Contains(r.Became, "password_file") || strings.Contains(r.Became, "port") {
			t.Errorf("with ssh, %s is said to become %s", r.Setting, r.Became)
		}
	}
}

func TestTimeoutIsShownAsItStandsInTheFile(t *testing.T) {
	_, problems := Read(`<head><sersync><localpath watch="/a"><remote ip="h" name="b"/></localpath>
<rsync><timeout start="true" time="abc"/></rsync></sersync></head>`, Options{})
	if len(problems) != 1 || !strings.Contains(problems[0].Message, `time="abc"`) {
		t.Errorf("got %v", problems)
	}
}
