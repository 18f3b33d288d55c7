package config

import "time"

// HookKind says how a hook tells what has arrived.
type HookKind string

// The kinds of hooks.
const (
	HookCommand HookKind = "command" // runs a program
	HookHTTP    HookKind = "http"    // posts to a URL
	HookSocket  HookKind = "socket"  // writes to a TCP or unix socket
	HookCDN     HookKind = "cdn"     // has a content delivery network forget its copies
	HookMail    HookKind = "mail"    // sends mail
)

// The formats in which events are passed on.
const (
	HookJSON    = "json"    // of http a document, of sockets and of standard input a line each
	HookSersync = "sersync" // of http: a form with the fields that sersync sends
	HookPath    = "path"    // of sockets: the bytes of the absolute path, a connection each
	HookFiles   = "files"   // of standard input: absolute paths, each ended by a NUL
	HookPaths   = "paths"   // of standard input: paths below the watched folder, each ended by a NUL
)

// Hook tells another program what has arrived on the targets. Of the last five
// fields the one that belongs to Kind is set, the others are zero.
type Hook struct {
	Name string // A-Z a-z 0-9 . _ -, no two alike in a module; Kind when none is written
	Kind HookKind

	// AfterAll tells of a path once all targets have it, not after each.
	AfterAll bool
	Events   HookEvents
	Folders  bool // tell of folders, too

	// Include and Exclude are rsync patterns as in exclude: of a module. Told is
	// what one of Include matches, or anything when it is empty, and none of
	// Exclude.
	Include []string
	Exclude []string
	// IncludeRegex are regular expressions (RE2), one of which must match the
	// whole absolute path, as in sersync; none = anything.
	IncludeRegex []string

	Concurrency int           // deliveries at a time; events of one path stay in order
	Timeout     time.Duration // of one attempt
	GiveUp      time.Duration // for how long a delivery is tried
	Batch       int           // events in one delivery at most
	Every       time.Duration // for how long to collect before a delivery; 0 = not at all
	Queue       int           // events that wait at most; they are kept on disk

	Command CommandHook
	HTTP    HTTPHook
	Socket  SocketHook
	CDN     CDNHook
	Mail    MailHook
}

// HookEvents says of what to tell.
type HookEvents struct{ Sent, Deleted, Renamed bool }

// CommandHook runs a program, never a shell.
type CommandHook struct {
	// Argv may have in each word {file} (the absolute path), {path} (below the
	// watched folder), {was} (the absolute path before a rename), {module},
	// {target} (its URL, "" for all) and {event} (sent, deleted or renamed).
	Argv []string
	// Stdin is what the program gets on its standard input: "" nothing, or all
	// events of a batch as HookFiles, HookPaths or HookJSON.
	Stdin string
	// RunFile allows what runs the changed file itself: {file} as the program, or
	// as the script of a shell or another interpreter.
	RunFile bool
}

// HTTPHook posts to a URL.
type HTTPHook struct {
	URL        string // may be a secret
	Format     string // HookJSON or HookSersync
	SecretFile string // of the key that requests are signed with; "" = not signed
	TokenFile  string // of a bearer token; "" = none
	CAFile     string // certificates to trust, and no others; "" = the system's
}

// SocketHook writes to a socket.
type SocketHook struct {
	Network string // tcp or unix
	Address string // host:port, or an absolute path
	Format  string // HookPath or HookJSON
}

// The providers of CDNHook.
const (
	CDNCloudflare = "cloudflare"
	CDNFastly     = "fastly"
	CDNAliyun     = "aliyun"
	CDNTencent    = "tencent"
	CDNSersync    = "sersync" // the request of sersync's refreshCDN, byte for byte
)

// CDNHook has a content delivery network forget what it keeps of changed files.
type CDNHook struct {
	Provider string
	// Base is the URL of the watched folder; it ends with "/" but for CDNSersync,
	// where it is put in front of the path as it is.
	Base string
	// Regex is searched in the absolute path when it is not "": the URL is Base, the
	// first group, and all that follows the match. What it is not found in is
	// not told.
	Regex string

	Zone    string // Cloudflare's zone ID
	Service string // Fastly's service ID: purges by surrogate key instead of URL; "" = by URL
	KeyID   string // Aliyun's AccessKey ID, Tencent's SecretId
	User    string // of CDNSersync
	// SecretFile holds the API token, secret key or password on its first line.
	SecretFile string
	// Password is of CDNSersync, where it is written in sersync's own XML; a
	// module in YAML has it in SecretFile.
	Password string
	Endpoint string // http(s)://host[:port] of the API; "" = the provider's own
	CAFile   string // certificates to trust, and no others; "" = the system's
}

// MailHook sends mail by SMTP.
type MailHook struct {
	To      []string
	From    string
	Subject string // "" = one that counts what is in the mail
	// Server is smtp://host[:port], which uses STARTTLS where it is offered and
	// demands it for a password, or smtps://host[:port].
	Server       string
	User         string // "" = no authentication
	PasswordFile string
	CAFile       string // certificates to trust, and no others; "" = the system's
}

// DefaultHook returns a hook of that kind with the defaults of a module file.
func DefaultHook(kind HookKind) Hook {
	h := Hook{
		Name: string(kind), Kind: kind, Events: HookEvents{Sent: true, Deleted: true, Renamed: true}, Folders: true,
		Concurrency: 1, Timeout: 30 * time.Second, GiveUp: day, Batch: 1, Queue: 100_000,
	}
	switch kind {
	case HookCommand:
		h.Timeout, h.GiveUp = time.Minute, time.Hour
	case HookHTTP:
		h.HTTP.Format = HookJSON
		h.Batch, h.Every = 100, time.Second
	case HookSocket:
		h.Socket.Format = HookPath
	case HookCDN:
		h.Batch, h.Every = 1000, time.Second
	case HookMail:
		h.Batch, h.Every = 1000, 10*time.Minute
	}
	return h
}
