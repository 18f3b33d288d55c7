package rsync

// refusesMissing is what a receiver says that has the fault of
// Result.RefusesMissing.
var refusesMissing = wording(`^invalid file mode 00 for `)

// commonErrors come of every kind of target. Those of class Partial are about
// single paths.
var commonErrors = []explanation{
	{
		noFolderAllowed, Refused,
		"{writer} may not enter or make the target folder",
		"chown the folder there to that user{or_root}",
	},
	{
		noFolderWrites, Refused,
		"the target folder is not there and could not be made: the place is read-only, as it is mounted, or by ProtectSystem in the unit of what writes there",
		"remount it, or give that unit a line ReadWritePaths={folder}; of a target on this host it is: systemctl edit syncsvc",
	},
	{
		noFolder, Refused,
		"the target folder is not there and could not be made",
		"make the target folder by hand: {folder}",
	},
	{
		notFolder, Refused,
		"a file stands where the target folder should be",
		"remove it or name another folder: the target must be a folder",
	},
	{
		wording(`password file must`), Config,
		"rsync uses no password file that belongs to somebody else or that others can read",
		"chmod 600 {password_file} and chown it to the user that runs syncsvc",
	},
	{
		wording(`password file`), Config,
		"the password file is missing or cannot be read",
		"write the password to {password_file}, chmod 600, owned by the user that runs syncsvc",
	},
	{
		wording(`unknown option|cannot be used with|conflicts with|syntax error`), Config,
		"one of the two rsyncs does not know an option, or not together with another",
		"check rsync.args, and that rsync on both sides is 3.1.0 or newer",
	},
	{
		refusesMissing, Config,
		"the rsync there has a fault that makes it refuse deletions (rsync issue 910: 3.4.3, and older ones with a backport of its security fixes)",
		"update the rsync that receives; until then syncsvc has it compare whole folders where something was deleted",
	},
	{
		wording(`older than 3\.1\.0`), Config,
		"the daemon greets with the protocol of an old rsync",
		"install rsync 3.1.0 or newer on {host}, and restart the daemon",
	},
	{wording(`^getcwd\(\)|^change_dir "`), Source, "", ""},
	{
		wording(`Could not resolve hostname|^getaddrinfo|no such host|[Nn]ame or service not known|name resolution`), Away,
		"nobody knows the name {host}, or the name servers do not answer",
		"correct the target, or try: getent hosts {host}",
	},
	{
		wording(`(?i)no route to host|network is unreachable`), Away,
		"{host} is down, in a network this machine has no way to, or a firewall says so",
		"try: ip route get {host}",
	},
	{
		wording(`^io timeout after|timeout in data`), Away,
		"nothing moved for the whole of rsync.timeout: the network, the target's disk, or a long pause while a big file is compared",
		"raise rsync.timeout if the target is well",
	},
	{
		wording(`^ssh: |failed to connect|Connection (?:reset|closed)|[Bb]roken pipe|connection unexpectedly closed`), Away,
		"the other side hung up: it was restarted, ran out of memory, or has a problem that only its log tells",
		"see the log of the target",
	},

	{
		wording(`No space left on device|Disk quota exceeded`), Partial,
		"the disk or the quota of the target is full, or it has no inodes left",
		"free some space on the target; see df and df -i there",
	},
	{
		wording(`^ERROR: daemon refused to receive`), Partial,
		"the module's own filters keep the path out",
		"change 'exclude' or 'filter' of [{module}] in rsyncd.conf on {host}, or exclude the path here too",
	},
	{
		wording(`Read-only file system`), Partial,
		"the target's file system is mounted read-only, often by itself after a disk error",
		"see dmesg on the target, then remount it",
	},
	{
		wording(`File name too long|filename overflows|overly long name|filename too long`), Partial,
		"the target's file system takes 255 bytes a name, and rsync needs 8 of them for its temporary one",
		"shorten the name, or exclude it",
	},
	{
		wording(`set (?:times|permissions)\b.*Operation not permitted`), Partial,
		"only the owner of a file or folder, or root, sets its times and mode",
		"chown it on the target to {writer}{or_root}",
	},
	{
		wording(`(?:chown|chgrp|mknod|lchown|set_acl|lsetxattr)\b.*Operation not permitted`), Partial,
		"only root gives files to others and makes device nodes, and not every file system lets it",
		"add --no-owner --no-group --no-devices to rsync.args{or_root}",
	},
	{
		wording(`Operation not permitted`), Partial,
		"the file or folder on the target is immutable or append-only, or its file system forbids it",
		"look with lsattr on the target; chattr -i lifts it",
	},
	{
		wording(`^(?:opendir|link_stat|readlink_stat|send_files failed to open|failed to open|readlink)\b.*Permission denied`), Partial,
		"the user that runs rsync here (module key 'user') may not read it",
		"give it the right to read, or exclude the path",
	},
	{
		wording(`Permission denied`), Partial,
		"{writer} may not write there",
		"chown the folder there to that user{or_root}",
	},
	{
		wording(`Input/output error|Structure needs cleaning`), Partial,
		"a disk is failing, or a file system is damaged",
		"see dmesg on both sides",
	},
}
