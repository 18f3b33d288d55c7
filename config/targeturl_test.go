package config

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestTargetURLs(t *testing.T) {
	for _, want := range []Target{
		{URL: "rsync://h/www", Kind: Daemon, Host: "h", Module: "www"},
		{URL: "rsync://h/www/", Kind: Daemon, Host: "h", Module: "www"},
		{URL: "rsync://anna@web-1.example.org:8730/www//sub/./dir/", Kind: Daemon, User: "anna", Host: "web-1.example.org", Port: 8730, Module: "www", Path: "sub/dir"},
		{URL: "rsync://anna@example.org@h/www", Kind: Daemon, User: "anna@example.org", Host: "h", Module: "www"},
		{URL: "rsync://[::1]:8730/www", Kind: Daemon, Host: "::1", Port: 8730, Module: "www"},
		{URL: "rsync://[fe80::1%eth0]/www", Kind: Daemon, Host: "fe80::1%eth0", Module: "www"},
		{URL: "rsync://h/my%20files/a%2525b/%FF", Kind: Daemon, Host: "h", Module: "my files", Path: "a%25b/\xff"},
		{URL: "rsync://h/my files/what?/#1", Kind: Daemon, Host: "h", Module: "my files", Path: "what?/#1"},
		{URL: "ssh://h/srv/www", Kind: Shell, Host: "h", Path: "/srv/www"},
		{URL: "ssh://deploy@10.0.0.8:2222/srv/www/", Kind: Shell, User: "deploy", Host: "10.0.0.8", Port: 2222, Path: "/srv/www"},
		{URL: "ssh://h/home/anna/www", Kind: Shell, Host: "h", Path: "/home/anna/www"},
		{URL: "/mnt/backup//www/", Kind: Local, Path: "/mnt/backup/www"},
		{URL: "/mnt/100%/www", Kind: Local, Path: "/mnt/100%/www"},
		{URL: "/srv/home/me/www", Kind: Local, Path: "/srv/home/me/www"},
	} {
		got, bad := parseURL(want.URL, "/srv/home/me")
		if bad != nil {
			t.Errorf("%s: %s", want.URL, bad.message)
			continue
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	}
}

func TestSamePlaceHoweverItIsWritten(t *testing.T) {
	for a, b := range map[string]string{
		"rsync://h/www":      "rsync://anna@H:873/www/",
		"rsync://h/www/a/":   "rsync://h/www//./a",
		"ssh://h:22/srv/www": "ssh://deploy@h/srv/www/",
		"/mnt/www":           "/mnt//www/",
	} {
		x, _ := parseURL(a, "")
		y, _ := parseURL(b, "")
		if x.place() != y.place() {
			t.Errorf("%s is %s, %s is %s", a, x.place(), b, y.place())
		}
	}
}

// TestNoURLReachesAHome tries to get a forbidden folder past the parser by
// writing it in other ways.
func TestNoURLReachesAHome(t *testing.T) {
	pieces := rapid.SampledFrom([]string{"/", "//", "/.", "/./", "root", "home", "home/anna", "%2f", "%2e", "%2e%2e", "..", "~", "r%6fot", " ", "srv"})
	rapid.Check(t, func(t *rapid.T) {
		path := ""
		for _, p := range rapid.SliceOfN(pieces, 1, 6).Draw(t, "pieces") {
			path += p
		}
		for _, url := range []string{"ssh://h/" + path, "/" + path} {
			target, bad := parseURL(url, "/root")
			if bad == nil && (target.Path == "/" || isHome(target.Path) || target.Path[0] != '/') {
				t.Fatalf("%q got through as %q", url, target.Path)
			}
		}
	})
}

func FuzzParseURL(f *testing.F) {
	for _, s := range []string{"rsync://a@h:1/m/p%20", "ssh://[::1]:22/srv/www", "/mnt", "h::m", "a@h:/p", "rsync://[", "rsync://%", "ssh://h/%2", "x://y"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		target, bad := parseURL(s, "/root")
		if bad != nil {
			return
		}
		if target.URL != s || target.place() == "" {
			t.Errorf("%q became %+v", s, target)
		}
	})
}
