package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/syncsvc/syncsvc/config"
	"github.com/syncsvc/syncsvc/config/sersync"
	"github.com/syncsvc/syncsvc/filter"
)

// readXML turns a file of sersync into modules, and proves that they mean what
// the file does.
func (im importing) readXML(path, name, dir string) ([]imported, importReport, error) {
	file, modules, err := config.ReadSersync(path, name, sersync.Options{})
	if err != nil {
		return nil, importReport{}, err
	}
	report := sersyncReport(file, asPatterns(file))
	var all []imported
	for i, m := range modules {
		draft := draft{name: m.Name, from: path, fields: file.Modules[i].Fields, changed: report.changed, disabled: im.noStart}
		one := imported{path: filepath.Join(dir, m.Name+".yaml")}
		draft.fields = patterns(draft.fields)
		if password := file.Modules[i].Secret; password != "" {
			one.secret = &passwordFile{filepath.Join(dir, m.Name+".cdn-password"), password}
			draft.fields = withSecret(draft.fields, one.secret.path)
		}
		if one.text, err = draft.text(); err != nil {
			return nil, importReport{}, err
		}
		if one.module, err = config.ParseModule(one.path, one.text); err != nil {
			return nil, importReport{}, fmt.Errorf("%s cannot be a module file: %w", path, err)
		}
		if err := im.same(m, one.module); err != nil {
			return nil, importReport{}, err
		}
		all = append(all, one)
	}
	return all, report, nil
}

// same makes sure that nothing was lost on the way into the file.
func (im importing) same(was, is *config.Module) error {
	for _, c := range config.Compare(was, is).Changes {
		switch {
		case c.Key == "filter", strings.HasPrefix(c.Key, "hooks"): // patterns, and where a password is
		case c.Key == "enabled" && im.noStart:
		default:
			return withHint(fmt.Errorf("%s would become %q instead of %q", c.Key, c.New, c.Old), "use the file as it is: copy it to conf.d/NAME.xml")
		}
	}
	return nil
}

// sersyncReport says of each setting what it became, in the order of the file.
// Instead is what expressions became, by their place.
func sersyncReport(file *sersync.File, instead map[sersync.Pos]string) importReport {
	var r importReport
	list := slices.Clone(file.Remarks)
	slices.SortStableFunc(list, func(a, b sersync.Remark) int { return a.At.Line - b.At.Line })
	for _, one := range list {
		where := "always  "
		switch {
		case one.At.Line > 0:
			where = fmt.Sprintf("line %-3d", one.At.Line)
		case strings.Contains(one.Setting, "="): // it is not in the file
			where = "default "
		}
		if p := instead[one.At]; p != "" && one.Became == "exclude_regex" {
			one.Became = p
		}
		if one.Became != "" {
			r.became = append(r.became, fmt.Sprintf("%s %s -> %s", where, one.Setting, one.Became))
		}
		if one.Changed != "" {
			r.changed = append(r.changed, fmt.Sprintf("%s %s: %s", where, one.Setting, one.Changed))
		}
	}
	return r
}

// asPatterns says what the expressions of a file become that patterns can say.
func asPatterns(file *sersync.File) map[sersync.Pos]string {
	instead := map[sersync.Pos]string{}
	for _, f := range file.Modules[0].Fields {
		for _, item := range f.Value.Items {
			if list, ok := patternsOf(item.Text); f.Name == "exclude_regex" && ok {
				instead[item.At] = "exclude: " + strings.Join(list, " ") + " (exactly the same)"
			}
		}
	}
	return instead
}

// patternsOf returns the patterns that say the same as an expression, if there
// are such and they are not harder to read.
func patternsOf(expression string) ([]string, bool) {
	list, ok := filter.Patterns(expression)
	return list, ok && len(list) <= maxPatterns && !slices.ContainsFunc(list, special)
}

// patterns turns regular expressions into exclude patterns where those say the
// same.
func patterns(fields []sersync.Field) []sersync.Field {
	i := slices.IndexFunc(fields, func(f sersync.Field) bool { return f.Name == "exclude_regex" })
	if i < 0 {
		return fields
	}
	kept, exclude := sersync.Value{Kind: sersync.List}, sersync.Value{Kind: sersync.List}
	for _, item := range fields[i].Value.Items {
		list, ok := patternsOf(item.Text)
		if !ok {
			kept.Items = append(kept.Items, item)
			continue
		}
		for _, p := range list {
			exclude.Items = append(exclude.Items, sersync.Value{Kind: sersync.Text, Text: p})
		}
	}
	var instead []sersync.Field
	for name, v := range map[string]sersync.Value{"exclude": exclude, "exclude_regex": kept} {
		if len(v.Items) > 0 {
			instead = append(instead, sersync.Field{Name: name, Value: v})
		}
	}
	slices.SortFunc(instead, func(a, b sersync.Field) int { return strings.Compare(a.Name, b.Name) })
	return slices.Concat(fields[:i], instead, fields[i+1:])
}

// maxPatterns is from how many patterns on the expression is easier to read.
const maxPatterns = 4

// special reports whether a pattern would be read as a rule.
func special(pattern string) bool {
	return strings.HasPrefix(pattern, "+ ") || strings.HasPrefix(pattern, "- ") || strings.HasPrefix(pattern, "!")
}

// withSecret names the file with the password in the cdn hook.
func withSecret(fields []sersync.Field, path string) []sersync.Field {
	fields = slices.Clone(fields)
	for i, f := range fields {
		if f.Name != "hooks" {
			continue
		}
		hook := f.Value.Items[0]
		hook.Fields = slices.Clone(hook.Fields)
		for k, part := range hook.Fields {
			if part.Name == "cdn" {
				part.Value.Fields = append(slices.Clone(part.Value.Fields), sersync.Field{Name: "secret_file", Value: sersync.Value{Kind: sersync.Text, Text: path}})
				hook.Fields[k] = part
			}
		}
		f.Value.Items = []sersync.Value{hook}
		fields[i] = f
	}
	return fields
}
