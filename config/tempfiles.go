package config

import (
	"github.com/syncsvc/syncsvc/filter"
)

// The values of temp_files.
const (
	tempMirror  = "mirror"
	tempExclude = "exclude"
)

// TempRules is the source of the rules that temp_files stands for.
const TempRules = "temp_files"

// tempNames are the names that programs give to files until they are done. The
// first three rules see to it that no folder is taken for one, nor a hidden
// file such as .env.docker: the six random characters of rsync's names are
// letters of both cases, but for one in thirty.
func tempNames() []string {
	const any6, lower6, upper6 = "[A-Za-z0-9][A-Za-z0-9][A-Za-z0-9][A-Za-z0-9][A-Za-z0-9][A-Za-z0-9]",
		"[a-z0-9][a-z0-9][a-z0-9][a-z0-9][a-z0-9][a-z0-9]", "[A-Z0-9][A-Z0-9][A-Z0-9][A-Z0-9][A-Z0-9][A-Z0-9]"
	return []string{
		"+ */", "+ .?*." + lower6, "+ .?*." + upper6,
		"- .?*." + any6,                        // rsync, while it receives
		"- *~",                                 // copies that editors keep
		"- 4913",                               // vim, trying out a folder
		"- .*.sw[a-px]",                        // vim, while a file is open
		"- .#*", "- #*#", "- .goutputstream-*", // emacs, and programs of GNOME
		"- *.part", "- *.crdownload", "- *.opdownload", "- *.filepart", // downloads of browsers and WinSCP
	}
}

// tempRules are tried after all others, so that any rule of the file comes
// first.
func (d *decoder) tempRules() []filter.Rule {
	if d.tempFiles != tempExclude {
		return nil
	}
	var rules []filter.Rule
	for _, text := range tempNames() {
		rules = append(rules, filter.Rule{Text: text, Kind: filter.Full, Source: TempRules})
	}
	return rules
}
