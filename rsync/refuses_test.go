package rsync

import (
	"slices"
	"testing"
)

// TestRefusalOfMissingPathsIsRecognised: an rsync with the fault of rsync issue
// 910 says so before anything else; a job that deletes by listings only asks
// nothing of it.
func TestRefusalOfMissingPathsIsRecognised(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	target := w.local()
	target.Program = script(t, `case " $* " in
*" --delete-missing-args "*)
	echo "invalid file mode 00 for gone [Receiver]" >&2
	echo "rsync error: protocol incompatibility (code 2) at flist.c(874) [Receiver=3.2.7]" >&2
	exit 2 ;;
esac
exec rsync "$@"`)
	w.write("a=1")
	j := w.flat("a", "gone")
	j.Delete = true
	r := w.runner.Run(t.Context(), target, j)
	if !r.RefusesMissing || r.Class != Config || r.Hint == "" {
		t.Errorf("got %+v", r)
	}
	j.OnlyListed = true
	if r := w.runner.Run(t.Context(), target, j); r.RefusesMissing || r.Class != Done {
		t.Errorf("with listings only: %+v", r)
	}
	trial := w.runner.Try(t.Context(), target, true)
	if trial.Class != Done || trial.Fault == "" {
		t.Errorf("a trial gave %+v", trial)
	}
	if args := Command(target, j); slices.Contains(args, "--delete-missing-args") || !slices.Contains(args, "--delete") {
		t.Errorf("the command is %q", args)
	}
}
