package instance

import (
	"cmp"
	"slices"
	"strings"

	"github.com/syncsvc/syncsvc/change"
	"github.com/syncsvc/syncsvc/rsync"
)

// verdict says what rsync's result means for the job.
func (s *sender) verdict(j *job, spec rsync.Job, r rsync.Result) outcome {
	o := outcome{
		reason: r.Reason, hint: r.Hint, deletions: r.Deleted,
		sent: int64(r.Sent), bytesOut: r.BytesSent, bytesIn: r.BytesReceived,
	}
	for _, p := range r.NewDirs {
		o.folders = append(o.folders, under(spec.Base, p))
	}
	if r.NewRoot && j.shape == rename {
		o.folders = append(o.folders, spec.Base)
	}
	if s.learn(spec, r) {
		o.verdict, o.reason, o.hint = undone, "", ""
		return o
	}
	switch r.Class {
	case rsync.Done, rsync.Vanished, rsync.Partial, rsync.Limit:
		return s.answered(j, spec, r, o)
	case rsync.Killed:
		o.verdict, o.reason = undone, ""
	case rsync.Away:
		o.verdict, o.blame, o.trouble = undone, true, unreachable
		o.hint = cmp.Or(o.hint, s.awayHint())
	case rsync.Aborted:
		o.verdict = unexplained
	case rsync.Config:
		o.verdict, o.blame, o.trouble = undone, true, misconfigured
	case rsync.Source:
		if j.shape == rename { // it has been renamed again
			o.verdict, o.reason = mistaken, ""
			return o
		}
		fallthrough
	default:
		o.verdict, o.blame, o.trouble = undone, true, refusing
	}
	return o
}

// answered is the outcome of a run that came to its end.
func (s *sender) answered(j *job, spec rsync.Job, r rsync.Result, o outcome) outcome {
	if r.Class == rsync.Vanished || r.Class == rsync.Limit {
		o.reason, o.hint = "", ""
	}
	for _, f := range r.Failed {
		p := under(spec.Base, strings.TrimSuffix(f.Path, "/"))
		if f.Path == "" || !j.concerns(p) {
			o.verdict = unexplained
			return o
		}
		o.failed = append(o.failed, failedPath{
			path: p, reason: f.Reason, deep: strings.HasSuffix(f.Path, "/"), mixedUp: f.Kind == rsync.MixedUp,
		})
	}
	for _, p := range r.Vanished {
		o.vanished = append(o.vanished, under(spec.Base, p))
	}
	s.reconsider(j, &o)
	if j.shape == rename && slices.ContainsFunc(o.failed, func(f failedPath) bool { return f.path == j.items[0].Path }) {
		o.verdict, o.reason, o.hint = mistaken, "", "" // something else is there on the target
		return o
	}
	if nothingWent(j, o.failed) {
		o.verdict, o.blame, o.trouble = undone, true, refusing
		o.failed, o.hint = nil, cmp.Or(r.Hint, "may syncsvc write there, and is the disk writable?")
	}
	return o
}

// reconsider moves from failed to vanished what failed because the source was
// changing under rsync's hands: it is to be looked at again, and at once.
func (s *sender) reconsider(j *job, o *outcome) {
	if len(o.failed) == 0 {
		return
	}
	planned := make(map[string]sight, len(j.items))
	for _, it := range j.items {
		planned[it.Path] = it.seen
	}
	var asked []item
	for _, f := range o.failed {
		asked = append(asked, item{Change: change.Change{Path: f.path}})
	}
	now := s.ground.look(asked, func() {})
	if now == nil {
		return // the root is gone
	}
	still := o.failed[:0]
	for i, f := range o.failed {
		was, mine := planned[f.path]
		changed := mine && (was.kind != now[i].kind || was.inWay != now[i].inWay) || !mine && (f.mixedUp && !f.deep || now[i].kind == gone)
		if !changed {
			still = append(still, f)
			continue
		}
		o.vanished = append(o.vanished, f.path)
	}
	if o.failed = still; len(still) == 0 {
		o.reason, o.hint = "", ""
	}
}

// under is p as seen from the watch root, when base is the job's own.
func under(base, p string) string {
	switch {
	case base == "" || base == change.Root:
		return p
	case p == change.Root:
		return base
	}
	return change.Join(base, p)
}
