package takeover

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestOnlyLinesThatStartAMirrorAreCommentedOut goes through boot scripts as
// people have them.
func TestOnlyLinesThatStartAMirrorAreCommentedOut(t *testing.T) {
	for _, c := range []struct{ name, script, want string }{
		{
			"sersync, as the instructions everywhere say",
			"#!/bin/bash\ntouch /var/lock/subsys/local\n/usr/local/sersync/sersync2 -d -r -o /usr/local/sersync/confxml.xml\nexit 0\n",
			"#!/bin/bash\ntouch /var/lock/subsys/local\n@/usr/local/sersync/sersync2 -d -r -o /usr/local/sersync/confxml.xml\nexit 0\n",
		},
		{
			"in its folder, in the background, without output",
			"cd /usr/local/sersync && nohup ./sersync2 -n 8 >/dev/null 2>&1 &\n",
			"@cd /usr/local/sersync && nohup ./sersync2 -n 8 >/dev/null 2>&1 &\n",
		},
		{
			"on several lines",
			"true\nnohup /opt/sersync/sersync \\\n   -d -r \\\n   -o /x.xml\ntrue\n",
			"true\n@nohup /opt/sersync/sersync \\\n   @-d -r \\\n   @-o /x.xml\ntrue\n",
		},
		{
			"as another user",
			"su - www -c '/usr/bin/lsyncd /etc/lsyncd.conf'\n",
			"@su - www -c '/usr/bin/lsyncd /etc/lsyncd.conf'\n",
		},
		{
			"by the service's name",
			"service lsyncd start\nsystemctl restart sersync.service\n",
			"@service lsyncd start\n@systemctl restart sersync.service\n",
		},
		{
			"a loop around inotifywait",
			"inotifywait -mrq -e modify /srv/www | while read f; do\n  rsync -a /srv/www/ host::www\ndone &\ndate\n",
			"@inotifywait -mrq -e modify /srv/www | while read f; do\n  @rsync -a /srv/www/ host::www\n@done &\ndate\n",
		},
		{
			"the other loop around it",
			"while inotifywait -r /srv/www\ndo\n  rsync -a /srv/www/ host::www\ndone &\n",
			"@while inotifywait -r /srv/www\n@do\n  @rsync -a /srv/www/ host::www\n@done &\n",
		},
		{
			"inside of a condition, which still needs a command",
			"if [ -x /usr/local/sersync/sersync2 ]; then\n\t/usr/local/sersync/sersync2 -d\nfi\n",
			"if [ -x /usr/local/sersync/sersync2 ]; then\n\t: @/usr/local/sersync/sersync2 -d\nfi\n",
		},
		{
			"after another one",
			"if true; then sersync2 -d\nfi\nlsyncd /etc/lsyncd.conf\n",
			"@if true; then sersync2 -d\n@fi\n@lsyncd /etc/lsyncd.conf\n",
		},
		{"a comment", "# /usr/local/sersync/sersync2 -d\n", "# /usr/local/sersync/sersync2 -d\n"},
		{"a comment that seems to go on", "# x \\\nsersync2\n", "# x \\\n@sersync2\n"},
		{"never reached", "exit 0\n/usr/local/sersync/sersync2 -d\n", "exit 0\n/usr/local/sersync/sersync2 -d\n"},
		{"no line end at the end", "lsyncd", "@lsyncd"},
		{
			"talk about it, files of it, limits for it", strings.Repeat("date\n", 2) +
				"echo starting sersync2\nmkdir -p /var/log/sersync\ntail -f /var/log/lsyncd.log >> /tmp/inotifywait &\n" +
				"sysctl -w fs.inotify.max_user_watches=1000000\nsudo sysctl fs.inotify.max_user_watches\necho 5 > /proc/sys/fs/inotify/max_user_watches\n" +
				"export PATH=$PATH:/usr/local/sersync\nPATH=/usr/local/sersync:$PATH\npkill sersync2\nservice lsyncd stop\n/etc/init.d/lsyncd stop\n", "",
		},
		{
			"in a here-document",
			"cat > /etc/motd <<'EOF'\nsersync2 -d\nEOF\nsersync2 -d\n",
			"cat > /etc/motd <<'EOF'\nsersync2 -d\nEOF\n@sersync2 -d\n",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			want := strings.ReplaceAll(c.want, "@", marker)
			if want == "" {
				want = c.script
			}
			got, _ := silence([]byte(c.script), finder{})
			if diff := cmp.Diff(want, string(got)); diff != "" {
				t.Error(diff)
			}
			acceptedByShell(t, got)
			again, lines := silence(got, finder{})
			if string(again) != string(got) {
				t.Errorf("a second time changes it again: %+v", lines)
			}
		})
	}
}

// acceptedByShell has a real shell read a script without running it.
func acceptedByShell(t *testing.T, script []byte) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(file, script, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), "sh", "-n", file).CombinedOutput(); err != nil {
		t.Errorf("sh does not take it: %v\n%s\n%s", err, out, script)
	}
}

func TestLineThatCantBeTakenOutAloneStays(t *testing.T) {
	script := "if true; then\n  date; sersync2 -d; fi\n"
	got, lines := silence([]byte(script), finder{})
	if string(got) != script {
		t.Errorf("changed to %q", got)
	}
	if len(lines) != 1 || lines[0].Stays == "" || lines[0].Number != 2 || lines[0].Starts != "sersync2" {
		t.Errorf("got %+v", lines)
	}
}

func TestWhatElseALineStartsIsTold(t *testing.T) {
	_, lines := silence([]byte("/opt/monitor & sersync2 -d\n[ -x /x ] && sersync2 -d\n"), finder{})
	if len(lines) != 2 || !lines[0].Also || lines[1].Also {
		t.Errorf("got %+v", lines)
	}
}

func TestScriptThatARunsAMirrorIsOne(t *testing.T) {
	root := t.TempDir()
	write(t, root, "/server/scripts/push.sh", "#!/bin/sh\n# pushes\n/usr/bin/inotifywait -mr /srv | while read x; do rsync -a /srv/ h::m; done\n", 0o755)
	write(t, root, "/server/scripts/other.sh", "#!/bin/sh\nrsync -a /srv/ h::m\n", 0o755)
	_, lines := silence([]byte("sh /server/scripts/push.sh &\n/server/scripts/other.sh\n/server/scripts/push.sh\n"), finder{root: root, depth: 1})
	if len(lines) != 2 || lines[0].Number != 1 || lines[1].Number != 3 || lines[0].Starts != "inotifywait in /server/scripts/push.sh" {
		t.Errorf("got %+v", lines)
	}
}

func FuzzSilence(f *testing.F) {
	f.Add("if true; then\n sersync2 -d \\\n -r\nfi\n")
	f.Add("lsyncd \"a\nb\" <<EOF\nx\nEOF\n( inotifywait\n")
	f.Fuzz(func(t *testing.T, script string) {
		got, _ := silence([]byte(script), finder{})
		if strings.Count(string(got), "\n") != strings.Count(script, "\n") {
			t.Errorf("%q became %q", script, got)
		}
	})
}

func write(t *testing.T, root, path, text string, mode os.FileMode) {
	t.Helper()
	file := filepath.Join(root, path)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(file, mode); err != nil {
		t.Fatal(err)
	}
}
