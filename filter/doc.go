// Package filter decides whether a path belongs to the mirror, with rsync's own
// rules, and prints those rules back for rsync.
//
// The watcher, the scans, live pushes and rsync itself have to agree to the
// letter: a name one of them takes and another leaves is either lost or deleted.
// Rules are therefore read, compiled and matched here as rsync does it
// (exclude.c, lib/wildmatch.c), quirks included; differential tests against the
// real program keep it so, last with 3.5.0. Rules that depend on what lies in the tree while it
// is walked (per-directory merge files, C) are refused, because a watcher cannot
// know them.
//
// The package looks at no tree: it knows paths, not files. It does not model
// options of rsync that give rules another meaning (--delete-excluded,
// --cvs-exclude, -F, --prune-empty-dirs, --iconv) or that bring rules of their
// own (--exclude, --filter among the rsync arguments of a module); whoever
// accepts rsync arguments has to refuse those.
//
// # What rsync does with listed names
//
// A module's rsync runs in the watch root with --relative implied and names like
// "./a/b" given by --files-from=- --from0. Measured with 3.5.0, kept true by
// TestListedNames… and TestMissingNames…:
//
//   - Rules see "a/b", without "./" and without the trailing slash of "./a/b/",
//     so an anchored pattern is anchored at the watch root.
//   - A listed name that is excluded itself is left out silently; rsync exits 0.
//     This holds for "./a/b/" as for "./a/b".
//   - A listed name beneath an excluded folder IS sent: folders above a listed
//     name are implied and never filtered. Ask [Filter.Excluded], which looks at
//     them, before listing a name.
//   - A listed name that no longer exists (--delete-missing-args) is deleted
//     unless a receiver side rule protects that very name as a non-directory: a
//     rule like "- cache/" does not protect a vanished folder cache, nor does
//     excluding the folder above it. Ask [Filter.Protected] with dir true and
//     false before listing a vanished name. What such a folder holds is deleted
//     with it except for protected names.
//   - The receiver gets the rules only when --delete is given. Without it, a
//     vanished name is deleted on a remote target whatever the rules say.
//   - The root itself is never excluded, but "- *" matches the "." that rsync
//     adds for it, so its own owner, mode and time are not kept up to date by
//     jobs that list names.
//   - With --from0 rsync would read --exclude-from and merge files NUL separated
//     too. [Filter.Args] therefore never names a file; files are read here.
package filter
