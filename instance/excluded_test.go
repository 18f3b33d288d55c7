package instance_test

import (
	"os"
	"path/filepath"
	"testing"
)

// A rule for folders only says nothing of files of that name: once the name is
// gone, only the target can tell which it has.
func TestFolderRuleAndDeletions(t *testing.T) {
	m := newMirror(t, 1, `exclude: ["cache/"]`)
	m.put("a/cache", "a file")
	m.start()
	m.settled()
	theirs := filepath.Join(m.targets[0], "b", "cache", "theirs")
	m.put("b/cache/mine", "excluded here")
	m.put("b/f", "1")
	m.settle()
	m.mkdir(filepath.Dir(theirs))
	m.must(os.WriteFile(theirs, nil, 0o600))

	m.must(os.Remove(m.src("a/cache")))
	m.must(os.RemoveAll(m.src("b/cache")))
	m.put("b/f", "2")
	m.settle()
	if _, err := os.Lstat(filepath.Join(m.targets[0], "a", "cache")); !os.IsNotExist(err) {
		t.Errorf("the file named as the excluded folders stays: %v", err)
	}
	if _, err := os.Lstat(theirs); err != nil {
		t.Errorf("an excluded folder of the target was touched: %v", err)
	}
}
