package rsync

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestCommandLine(t *testing.T) {
	own := "-8 --no-motd --info=stats1 --no-human-readable --out-format=" + itemFormat + " --from0 --files-from=-"
	daemon := Target{Kind: Daemon, User: "bob", Host: "10.0.0.1", Port: 8873, Module: "www", Path: "sub/dir/"}
	shell := Target{Kind: SSH, User: "bob", Host: "fe80::1", Port: 2222, Path: "/srv/w w"}
	entry := Job{Dir: "/d", Paths: []string{"a"}}
	for name, c := range map[string]struct {
		target Target
		job    Job
		want   []string
	}{
		"plain daemon": {
			daemon, entry,
			[]string{"rsync", "-a", own, "--no-recursive", "--dirs", "--ignore-missing-args", "--sockopts=TCP_NODELAY", here, "rsync://bob@10.0.0.1:8873/www/sub/dir/"},
		},
		"everything": {
			Target{
				Kind: Daemon, Host: "::1", Module: "m", PasswordFile: "/p w", Program: "/opt/rsync", Args: []string{"-rlt", "--sockopts=SO_SNDBUF=9"},
				Timeout: 1500 * time.Millisecond, ConnectTimeout: time.Second, BWLimit: 20 << 20, Compress: true, PartialDir: ".part",
			},
			Job{
				Dir: "/d", Base: "new/dir", Paths: []string{"./"}, Tree: true, IgnoreTimes: true, Delete: true, MaxDelete: 7,
				Filters: []string{"--filter=- *.tmp"}, LinkDest: "../old", Fuzzy: true, DryRun: true, FullList: true,
			},
			[]string{
				"/opt/rsync", "-rlt", "--sockopts=SO_SNDBUF=9", own, "--recursive", "--delete", "--force", "--delete-missing-args", "--max-delete=7",
				"--ignore-times", "--link-dest=../old", "--fuzzy", "--dry-run", "-ii", "--timeout=2", "--bwlimit=20480", "--compress", "--partial-dir=.part",
				"--contimeout=1", "--password-file=/p w", "--filter=- *.tmp", here, "rsync://[::1]/m/new/dir/",
			},
		},
		"brief": {
			Target{Kind: Daemon, Host: "h", Module: "m", Timeout: time.Minute},
			Job{Dir: "/d", Paths: []string{"f"}, Brief: true},
			[]string{"rsync", "-a", own, "--no-recursive", "--dirs", "--ignore-missing-args", "--sockopts=TCP_NODELAY", here, "rsync://h/m/"},
		},
		"ssh": {
			shell, entry,
			[]string{
				"rsync", "-a", own, "--no-recursive", "--dirs", "--ignore-missing-args", "-s",
				"--rsh='ssh' '-oBatchMode=yes' '-oStrictHostKeyChecking=yes' '-p' '2222' '-l' 'bob'", here, "[fe80::1]:/srv/w w/",
			},
		},
		"local": {
			Target{Kind: Local, Path: "/mnt/b"},
			entry,
			[]string{"rsync", "-a", own, "--no-recursive", "--dirs", "--ignore-missing-args", here, "/mnt/b/"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var want []string
			for _, w := range c.want {
				if w == own {
					want = append(want, ownArgs...)
					continue
				}
				want = append(want, w)
			}
			if diff := cmp.Diff(want, Command(c.target, c.job)); diff != "" {
				t.Errorf("argv (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLinkDestAndPartialDirDoNotMeetInPlaceWriting(t *testing.T) {
	for _, arg := range []string{"--inplace", "--append", "--append-verify"} {
		target := Target{Kind: Local, Path: "/x", Args: []string{"-a", arg}, PartialDir: ".part"}
		for _, word := range Command(target, Job{Dir: "/d", LinkDest: "../old"}) {
			if strings.HasPrefix(word, "--link-dest") || strings.HasPrefix(word, "--partial-dir") {
				t.Errorf("%s together with %s", arg, word)
			}
		}
	}
}

func TestUnfitArgumentsAreLeftOut(t *testing.T) {
	for name, c := range map[string]struct {
		args, want []string
		unfit      int
	}{
		"default":               {nil, []string{"-a"}, 0},
		"none at all":           {[]string{}, nil, 0},
		"plain":                 {[]string{"-aHAX", "--numeric-ids"}, []string{"-aHAX", "--numeric-ids"}, 0},
		"cluster":               {[]string{"-avzn"}, []string{"-az"}, 1},
		"progress":              {[]string{"-aP"}, []string{"-a", "--partial"}, 0},
		"deletions":             {[]string{"-a", "--delete-excluded", "--del", "--ignore-errors", "--max-delete=3"}, []string{"-a"}, 4},
		"value in the next":     {[]string{"--exclude", "-n", "--max-delete", "3", "-a"}, []string{"--exclude", "-n", "-a"}, 1},
		"short with value":      {[]string{"-e", "ssh", "-T/tmp", "-f", "- *.o"}, []string{"-T/tmp", "-f- *.o"}, 1},
		"rules from files":      {[]string{"--exclude-from=/x", "-F", "-C", "--filter=: .f", "-f", ". /f", "--filter", "merge x"}, nil, 6},
		"changes on the source": {[]string{"--remove-source-files"}, nil, 1},
		"dry":                   {[]string{"--dry-run", "--version", "--list-only"}, nil, 3},
		"another program":       {[]string{"-n", "10", "rsync", "-an"}, []string{"-n", "10", "rsync", "-a"}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			target := Target{Kind: Local, Path: "/x", Args: c.args}
			if slices.Contains(c.args, "rsync") {
				target.Program = "nice"
			}
			argv := Command(target, Job{Dir: "/d"})
			got := argv[1:slices.Index(argv, ownArgs[0])]
			if len(got) == 0 {
				got = nil
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("arguments (-want +got):\n%s", diff)
			}
			if u := Unfit(target); len(u) != c.unfit {
				t.Errorf("unfit %q, want %d", u, c.unfit)
			}
		})
	}
}

func TestTargetsInWords(t *testing.T) {
	for want, target := range map[string]Target{
		"rsync://bob@h:1/m/p":  {Kind: Daemon, User: "bob", Host: "h", Port: 1, Module: "m", Path: "p", PasswordFile: "/secret"},
		"rsync://[::1]/m":      {Kind: Daemon, Host: "::1", Module: "m"},
		`rsync://h/m/a*\x0ab`:  {Kind: Daemon, Host: "h", Module: "m", Path: "/a*\nb"},
		"ssh://bob@h:22/srv/x": {Kind: SSH, User: "bob", Host: "h", Port: 22, Path: "/srv/x"},
		"/mnt/x":               {Kind: Local, Path: "/mnt/x"},
	} {
		if got := target.String(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
