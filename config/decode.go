package config

import (
	"github.com/syncsvc/syncsvc/filter"
)

// decoder builds a module from its text.
type decoder struct {
	r    *reader
	m    *Module
	base Target // what the module says about all its targets
	home string // see parseURL

	secretApart bool // see environment

	// rulesFrom reads exclude_from.
	rulesFrom func(path string) ([]filter.Rule, error)
	filters   []filter.Rule
	includes  []filter.Rule
	excludes  []filter.Rule
	fromFile  []filter.Rule
	tempFiles string // what becomes of temporary files

	keys     []string // of m.Targets
	hooked   bool     // there are hooks, good or bad
	alone    bool     // and no targets
	warnings []Problem
}

// environment is what reading a module file depends on besides its text.
type environment struct {
	home      string
	rulesFrom func(path string) ([]filter.Rule, error)
	// secretApart says that the secret of a cdn hook comes by another way.
	secretApart bool
}

// decode reads a module; it returns the module, or all that is wrong with it.
func decode(src *source, env environment) (*Module, []Problem) {
	top, problems := parse(src)
	if top == nil && problems == nil {
		return nil, []Problem{src.problem(position{}, "", "\"syncsvc config example\" prints a file to start from", "is empty")}
	}
	return decodeTop(src, top, problems, env)
}

// decodeTop reads a module from its top object, with the problems that came
// with it.
func decodeTop(src *source, top *node, problems []Problem, env environment) (*Module, []Problem) {
	if top == nil || top.kind != object {
		return nil, problems
	}
	d := &decoder{
		r:         &reader{src: src, at: map[string]position{}, elsewhere: elsewhere},
		m:         defaultModule(),
		base:      defaultTransfer(),
		home:      env.home,
		rulesFrom: env.rulesFrom,

		secretApart: env.secretApart,
	}
	_, targets := top.get("targets")
	d.alone = !targets
	value{top, d.r, ""}.object(d.schema())
	d.require(top, "watch", "watch: /data0/www/www")
	if !d.hooked {
		d.require(top, "targets", "targets: [\"rsync://backup@10.0.0.8/www\"]")
	}
	d.finish()
	if problems = append(problems, d.r.problems...); len(problems) > 0 {
		return nil, problems
	}
	d.m.origin = origin{src, d.r.at, d.warnings}
	return d.m, nil
}

// require complains when a key that every module needs is not there at all.
func (d *decoder) require(top *node, key, hint string) {
	if _, ok := top.get(key); !ok {
		d.r.problems = append(d.r.problems, d.r.src.problem(position{}, "", hint, key+" is missing"))
	}
}

func (d *decoder) warn(at position, key, message string) {
	d.warnings = append(d.warnings, d.r.src.problem(at, key, "", message))
}
