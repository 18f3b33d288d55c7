package config

import (
	"github.com/syncsvc/syncsvc/config/sersync"
)

// ReadSersync reads a configuration file of sersync wherever it is, and
// whatever it is called: the file as it is understood, and its modules as they
// would be if it was called NAME.xml among the module files. The error holds
// every problem of the file.
func ReadSersync(path, name string, o sersync.Options) (*sersync.File, []*Module, error) {
	if bad := checkName(name); bad != nil {
		return nil, nil, Join([]Problem{{File: path, Message: bad.message, Hint: bad.hint}})
	}
	src, err := readSource(path)
	if err != nil {
		return nil, nil, Join([]Problem{fileProblem(path, err)})
	}
	again := *src // reading changes the text into UTF-8
	modules, problems := readXML(name, src, environment{home: homeFolder(), rulesFrom: readRules}, o)
	if len(problems) > 0 {
		return nil, nil, Join(problems)
	}
	file, _ := parseXML(&again, o)
	for _, m := range modules {
		m.File = path
	}
	return file, modules, nil
}
