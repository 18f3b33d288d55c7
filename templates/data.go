package templates

// Rsyncd is what rsyncd.conf, the configuration of the receiving side's rsync
// daemon, needs to know.
type Rsyncd struct {
	Port    int // what the daemon listens on; 0 = the usual one
	Modules []RsyncdModule
}

// RsyncdModule is one folder that a daemon lets others write to.
type RsyncdModule struct {
	Name string   // what comes after the host in rsync://host/NAME
	Path string   // the folder, absolute
	User string   // who may write, with a password from the secrets file; "" = anybody
	From []string // lines that say who sends here
}

// NewModule is what a module file written for somebody needs to know. The
// caller has quoted every text as YAML wants it.
type NewModule struct {
	Name         string // of the module
	Watch        string
	Targets      []string // URLs; at least one
	PasswordFile string   // "" = none
	Threads      int      // 0 = the default
	FullSync     string   // "" = the default
	Excludes     []string
	Disabled     bool // it is not to be started yet
}

// Init is what the texts below init/, for init systems, need to know. The
// caller has quoted every word as the text in question wants it.
type Init struct {
	Name    string   // of the service; its settings are in /etc/default/NAME
	Program string   // the absolute path of syncsvc
	Flags   string   // settings for "run" and "reload", each after a space; "" = none
	Quoted  string   // Flags without the first space, quoted once more as a whole; OpenRC only
	Log     string   // the file that the output goes to; not for systemd
	Folders []string // to be made before the start; for systemd as whole lines of the unit
}
