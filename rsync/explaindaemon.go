package rsync

// daemonErrors are what comes only of rsync daemons.
var daemonErrors = []explanation{
	{
		wording(`^Password: `), Refused,
		"the module asks for a password and none is set",
		"name a file with it, mode 600, in password_file",
	},
	{
		wording(`^@ERROR: auth failed`), Refused,
		"wrong user name or password, the user is not in the module's 'auth users', or others may read the daemon's secrets file",
		"compare {password_file} with the line of {user} in the secrets file on {host}, which needs mode 600",
	},
	{
		wording(`^@ERROR: Unknown module`), Refused,
		"rsyncd.conf on {host} has no section [{module}]",
		"add it there (syncsvc rsyncd-conf prints it) or correct the target; what there is: rsync rsync://{hostport}/",
	},
	{
		wording(`^@ERROR: max connections`), Refused,
		"as many connections as the module allows are open",
		"raise 'max connections' of [{module}] in rsyncd.conf on {host}, or lower threads",
	},
	{
		wording(`^@ERROR: access denied`), Refused,
		"'hosts allow' or 'hosts deny' keeps this machine out",
		"add its address to 'hosts allow' of [{module}] in rsyncd.conf on {host}",
	},
	{
		wording(`^@ERROR: chdir failed`), Refused,
		"the folder named by 'path' does not exist, is not mounted, or the module's uid may not enter it",
		"mkdir -p it on {host} and chown it to the uid of [{module}]",
	},
	{
		wording(`^@ERROR: chroot failed`), Refused,
		"the folder named by 'path' does not exist, or the daemon does not run as root, which chroot takes",
		"make the folder on {host}, or set 'use chroot = no' and 'munge symlinks = no' for [{module}]",
	},
	{
		wording(`^@ERROR: (?:invalid [ug]id|set[ug]id failed|setgroups failed)`), Refused,
		"{host} has no such user or group, or the daemon does not run as root and cannot become it",
		"correct 'uid' and 'gid' of [{module}] in rsyncd.conf on {host}; numbers work too",
	},
	{
		wording(`^@ERROR: (?:no path setting|failed to open (?:lock|log) file|protocol startup error|.*exec (?:failed|returned))`), Refused,
		"the daemon's own configuration is broken",
		"see the daemon's log on {host}, then correct [{module}] in rsyncd.conf",
	},
	{
		wording(`^@ERROR`), Refused,
		"the daemon does not let us in",
		"see the daemon's log on {host}",
	},
	{
		wording(`secrets file must not be other-accessible`), Refused,
		"the daemon's secrets file can be read by others, so nobody is let in",
		"chmod 600 the 'secrets file' of [{module}] on {host}",
	},
	{
		wording(`^ERROR: module is read only`), Refused,
		"'read only' is yes unless rsyncd.conf says otherwise",
		"set 'read only = no' for [{module}] in rsyncd.conf on {host}",
	},
	{
		wording(`^ERROR: module is write only`), Refused,
		"nothing can be read back from a module that is 'write only'",
		"set 'write only = no' for [{module}] in rsyncd.conf on {host}",
	},
	{
		wording(`must start with a module name`), Config,
		"an absolute path stands where the name of a module belongs",
		"write rsync://{hostport}/MODULE/folder, with a MODULE that rsync rsync://{hostport}/ lists",
	},
	{
		wording(`server is configured to refuse`), Refused,
		"the module forbids an option that the mirror needs",
		"take it out of 'refuse options' of [{module}] in rsyncd.conf on {host}; without deletions, set delete: false here",
	},
	{
		wording(`rejected by the server|^ERROR: daemon has excluded destination`), Refused,
		"the module's own filters keep the target folder out",
		"change 'exclude' or 'filter' of [{module}] in rsyncd.conf on {host}, or the folder",
	},
	{
		wording(`rather than greeting|^no rsync daemon on |did not see server greeting|does not greet`), Refused,
		"something other than an rsync daemon listens there, or a daemon that hangs",
		"correct the port in the target, or see what listens: ss -ltnp 'sport = :{port}' on {host}",
	},
	{
		wording(`(?i)connection refused`), Away,
		"no rsync daemon runs there, or a firewall rejects the port",
		"on {host}: systemctl enable --now rsync (or rsync --daemon), and let port {port} in",
	},
	{
		wording(`(?i)timed out|i/o timeout|timeout waiting for daemon connection|deadline exceeded`), Away,
		"{host} is down, or a firewall drops what comes to port {port}",
		"try: ping {host}; then let port {port} in",
	},
}
