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
