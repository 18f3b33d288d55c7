package rsync

import "regexp"

// shape is one form of line that rsync prints.
type shape struct {
	re           *regexp.Regexp
	meaning      meaning
	temp, within bool
	once         string // what must not be there twice for path to be certain
}

// line compiles a pattern for a whole line; a name in it may be any bytes.
func line(pattern string) *regexp.Regexp { return regexp.MustCompile(`(?s)^` + pattern + `$`) }

// quoted is how rsync writes a name it knows the place of; for daemons the
// module follows.
const quoted = `"(?P<path>.*)"(?: \(in .*\))?`

// plainShapes are tried on a whole line without its "rsync: [role] ".
//
// Names may contain anything, so one made to look like the rest of a message
// can lead to a wrong path; paths that do not belong to the job are therefore
// not believed (see scope).
var plainShapes = []shape{
	{re: line(`sent (?P<a>\d+) bytes  received (?P<b>\d+) bytes  .*`), meaning: summary},
	{re: line(`total size is .* \((?:DRY RUN|BATCH ONLY)\)`), meaning: dryRun},
	{re: line(`total size is .*`), meaning: chatter},
	{re: line(`rsync (?:error|warning): .* \(code \d+\) at .*`), meaning: trailer},
	{re: line(`(?:error|warning): .* \(code \d+\) at .*`), meaning: trailer},

	{re: line(`(?:file|directory) has vanished: ` + quoted), meaning: vanished},
	{re: line(`cannot delete non-empty directory: (?P<path>.*)`), meaning: kept},
	{re: line(`cannot delete mount point: (?P<path>.*)`), meaning: kept},
	{re: line(`skipping non-regular file "(?P<path>.*)"`), meaning: ignored},
	{re: line(`skipping socket \(creation unsupported here\): (?P<path>.*)`), meaning: ignored},
	{re: line(`ignoring unsafe symlink "(?P<path>.*)" -> ".*"`), meaning: ignored, once: `" -> "`},
	{re: line(`IO error encountered -- skipping file deletion`), meaning: undeleted},
	{re: line(`Deletions stopped due to --max-delete limit \((?P<a>\d+) skipped\)`), meaning: limited},
	{re: line(`created directory .*`), meaning: newRoot},
	{re: line(`created \d+ director(?:y|ies) for .*`), meaning: newRoot},

	{re: line(`\*\*\* Skipping any contents from this failed directory \*\*\*`), meaning: chatter},
	{re: line(`WARNING: parent dir is absent in the file list: .*`), meaning: chatter},
	{re: line(`WARNING: .* failed verification -- update .* \((?:will|may) try again\)\.`), meaning: chatter},
	{re: line(`--(?:link|copy|compare)-dest arg (?:does not exist|is not a dir): .*`), meaning: chatter},
	{re: line(`Setting --timeout=\d+ to match server`), meaning: chatter},
	{re: line(`NOTE: Unable to create delete-delay temp file.*`), meaning: chatter},

	{re: line(`could not make way for \w+ directory: (?P<path>.*)`), meaning: failure, within: true},
	{re: line(`could not make way for \w+ (?:regular file|symlink|device file|special file): (?P<path>.*)`), meaning: failure},
	{re: line(`ERROR: daemon refused to receive directory "(?P<path>.*)"`), meaning: failure, within: true},
	{re: line(`ERROR: daemon refused to receive [a-z ]+ "(?P<path>.*)"`), meaning: failure},
	{re: line(`ERROR: (?P<path>.*) failed verification -- update .*\.`), meaning: failure},
	{re: line(`filename overflows max-path len by \d+: (?P<path>.*)`), meaning: failure},
	{re: line(`(?:skipping overly long name|temporary filename too long|skipped diminished file): (?P<path>.*)`), meaning: failure},
	{re: line(`skipping (?:file with bogus \(zero\) st_mode|symlink with 0-length value): (?P<path>.*)`), meaning: failure},
	{re: line(`recv_files: (?P<path>.*) is a directory`), meaning: failure},
}

// errnoShapes are tried on what stands before ": reason (errno)".
var errnoShapes = []shape{
	{re: line(`(?:mkstemp|stat) ` + quoted + ` failed`), meaning: failure, temp: true},
	{re: line(`rename ".*"(?: \(in .*\))? -> "(?P<path>.*)"`), meaning: failure, once: ` -> "`},
	{re: line(`rename failed for ` + quoted + ` \(from .*\)`), meaning: failure, once: `(from `},
	{re: line(`delete_file: \w+\((?P<path>.*)\) failed`), meaning: failure},
	{re: line(`recv_generator: mkdir ` + quoted + ` failed`), meaning: failure, within: true},
	{re: line(`opendir ` + quoted + ` failed`), meaning: failure, within: true},
	{re: line(`mknod ` + quoted + ` failed`), meaning: failure},
	{re: line(`symlink ` + quoted + ` -> ".*" failed`), meaning: failure, once: ` -> "`},
	{re: line(`link ` + quoted + ` => .* failed`), meaning: failure, once: ` => `},
	{re: line(`\w+: \w+\(` + quoted + `,".*"(?:,-?\d+)?\) failed`), meaning: failure, once: `,"`},
	{re: line(`[^"]*` + quoted + `[^"]*`), meaning: failure},
}
