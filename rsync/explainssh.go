package rsync

// sshErrors are what comes of ssh, and of login shells.
var sshErrors = []explanation{
	{
		wording(`REMOTE HOST IDENTIFICATION HAS CHANGED`), Refused,
		"{host} shows another key than known_hosts has: it was installed anew, or somebody stands in between",
		"make sure which, then: ssh-keygen -R '{known_name}' -f {known_hosts}, and add the new key",
	},
	{
		wording(`^Host key verification failed`), Refused,
		"the key of {host} is not in known_hosts of the user that runs syncsvc",
		"compare it on {host}, then: ssh-keyscan -p {port} {host} >> {known_hosts}",
	},
	{
		wording(`^\S*: ?Permission denied \(|Too many authentication failures`), Refused,
		"{host} does not take the key: it is not in authorized_keys of {user}, or the key file cannot be read or has a passphrase",
		"ssh-copy-id -i {identity_file} -p {port} {login}{host}; the key is named by ssh.identity_file",
	},
	{
		wording(`UNPROTECTED PRIVATE KEY FILE|^Load key .*bad permissions`), Config,
		"others may read the private key, so ssh does not use it",
		"chmod 600 {identity_file}",
	},
	{
		wording(`^Failed to exec`), Config,
		"there is no ssh client here",
		"install openssh-client",
	},
	{
		wording(`^Load key .*: (?:invalid format|error in libcrypto)`), Config,
		"the file is no private key, or one that this ssh does not know",
		"name the private key, not the .pub file, in ssh.identity_file",
	},
	{
		wording(`^Unable to negotiate with`), Config,
		"the two sshs have no algorithm in common: one of them is old",
		"update ssh on {host}, or allow what it offers in ssh.options",
	},
	{
		wording(`Bad configuration option|[Bb]ad owner or permissions|no argument after keyword`), Config,
		"ssh does not accept its options",
		"check ssh.options of the target and the ssh configuration",
	},
	{
		wording(`is your shell clean|protocol version mismatch`), Config,
		"the login scripts of {user} on {host} print something, or its rsync is older than 3.1.0",
		"this must print nothing: ssh -p {port} {login}{host} true",
	},
	{
		wording(`(?:command not found|: not found|No such file or directory|Permission denied)$`), Config,
		"rsync is not installed on {host}, or not in the PATH of {user} there",
		"install rsync 3.1.0 or newer on {host}, or name it in rsync.args: --rsync-path=/path/rsync",
	},
	{
		wording(`(?i)connection refused`), Away,
		"no ssh server listens there, or a firewall rejects the port",
		"on {host}: systemctl enable --now ssh (or sshd), and let port {port} in",
	},
	{
		wording(`does not greet`), Away,
		"something other than an ssh server listens there, one that hangs, or one that turns this host away for now",
		"correct the port in the target, or see what listens: ss -ltnp 'sport = :{port}' on {host}",
	},
	{
		wording(`(?i)timed out|i/o timeout|deadline exceeded`), Away,
		"{host} is down, or a firewall drops what comes to port {port}",
		"try: ping {host}; then let port {port} in",
	},
}
