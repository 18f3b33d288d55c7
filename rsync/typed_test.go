package rsync

import "testing"

func TestTypedCommandsAreForAShell(t *testing.T) {
	far := Target{Kind: Daemon, User: "backup", Host: "10.0.0.8", Port: 8873, Module: "www", Args: []string{"-artuz", "-v"}, PasswordFile: "/etc/rsync pas"}
	for _, c := range []struct {
		o    Typed
		want string
	}{
		{
			Typed{Dir: "/data/www", Delete: true},
			`cd /data/www && rsync -artuz -R -r --delete '--password-file=/etc/rsync pas' ./ rsync://backup@10.0.0.8:8873/www/`,
		},
		{
			Typed{Dir: "/data/it's", Path: "-a `b`", Filters: []string{"--filter=- *.gz"}},
			`cd '/data/it'\''s' && rsync -artuz -R '--password-file=/etc/rsync pas' '--filter=- *.gz' './-a ` + "`b`" + `' rsync://backup@10.0.0.8:8873/www/`,
		},
		{
			Typed{Dir: "/w", Path: "a\nb", Gone: true},
			"cd /w && rsync -artuz -R --force --delete-missing-args '--password-file=/etc/rsync pas' './a\nb' rsync://backup@10.0.0.8:8873/www/",
		},
	} {
		if got := CommandLine(far, c.o); got != c.want {
			t.Errorf("%+v:\n got %s\nwant %s", c.o, got, c.want)
		}
	}
}
