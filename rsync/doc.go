// Package rsync runs the rsync program once for one job and reports honestly
// what happened to each path.
//
// It decides nothing: not what to send, not whether to try again. A [Job] says
// which paths of a folder are to be made alike on a [Target]; [Runner.Run]
// hands them to rsync as a NUL-separated list, reads everything rsync prints,
// and answers with a [Result] that names the paths that did not get there. A
// job counts as done only when rsync exits 0, prints its summary and leaves no
// line unexplained.
//
// No shell is ever involved and paths are bytes. Job.Paths and all paths in a
// Result are relative to Job.Base inside Job.Dir.
//
// What callers must know about rsync (all measured with 3.5.0):
//
//   - A path given by name is sent although one of its parents is excluded by a
//     filter; only the path itself is matched. Filter before you ask.
//   - A path that is excluded itself is neither sent nor deleted, silently.
//   - Every flat job sets the attributes of the parents it passes through, the
//     root included, also after deleting in them. Times are compared in whole
//     seconds, so a folder may differ in the fraction.
//   - A listing creates new sub-folders without their contents; see
//     Result.NewDirs.
//   - A deletion whose parents are gone too is carried out and exits 24; see
//     Result.Vanished.
//   - A read error on the source stops all deletions of listings and trees in
//     the same job, not those of names that are missing.
//   - A listing, or a path through a folder, that turned into a symbolic link is
//     followed out of the tree; Run looks first and sends the link.
//   - A daemon without chroot changes absolute links and such that lead out of
//     its module, and exits 0.
//   - IgnoreTimes re-sends files one by one: with -H in the arguments, a file
//     sent without its other names loses its hard links on the target.
package rsync
