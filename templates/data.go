package templates

// Rsyncd is what rsyncd.conf, the configuration of the receiving side's rsync
// daemon, needs to know.
type Rsyncd struct {
	Modules []RsyncdModule
}

// RsyncdModule is one folder that a daemon lets others write to.
type RsyncdModule struct {
	Name string // what comes after the host in rsync://host/NAME
	Path string // the folder, absolute
	User string // who may write, with a password from the secrets file; "" = anybody
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
