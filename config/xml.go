package config

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/syncsvc/syncsvc/config/sersync"
)

// isXML reports whether a file is one of sersync's.
func isXML(path string) bool { return strings.HasSuffix(path, ".xml") }

// chinese are the names of the encodings that GB18030 includes.
var chinese = []string{"gbk", "gb2312", "gb18030", "cp936"}

// readXML reads a configuration file of sersync: a module for each of its
// localpath elements. They are decoded as if they were written in YAML.
func readXML(name string, src *source, env environment, o sersync.Options) ([]*Module, []Problem) {
	file, problems := parseXML(src, o)
	if file == nil {
		return nil, problems
	}
	var modules []*Module
	env.secretApart = true
	for i, part := range file.Modules {
		top := toNode(sersync.Value{Kind: sersync.Object, Fields: part.Fields})
		m, bad := decodeTop(src, top, nil, env)
		problems = append(problems, bad...)
		if m == nil {
			continue
		}
		for h := range m.Hooks {
			m.Hooks[h].CDN.Password = part.Secret
		}
		m.Name = sersync.ModuleName(name, i)
		m.origin.warnings = append(m.origin.warnings, remarks(src, file, i)...)
		modules = append(modules, m)
	}
	if len(problems) > 0 {
		return nil, problems // one file, one fate
	}
	return modules, nil
}

// parseXML reads the text as sersync would; what is wrong with it is reported
// where it stands.
func parseXML(src *source, o sersync.Options) (*sersync.File, []Problem) {
	if len(src.text) > maxFileSize {
		return nil, []Problem{src.problem(position{}, "", "sersync's own has 70 lines", "is larger than 1 MiB")}
	}
	data := src.text
	text, bad := utf8Text(data)
	if bad != nil {
		return nil, []Problem{src.problem(position{}, "", bad.hint, bad.message)}
	}
	src.text = plainLines.Replace(strings.TrimPrefix(text, "\ufeff"))
	if i := badByte(src.text); i >= 0 {
		p := badByteProblem(src, i)
		if src.text[i] >= ' ' {
			p.Hint = "the first line says in which encoding the file is: <?xml version=\"1.0\" encoding=\"GBK\"?>"
		}
		return nil, []Problem{p}
	}
	latin := !utf8.ValidString(data) && !slices.Contains(chinese, sersync.Declared(data))
	file, wrong := sersync.Read(src.text, o)
	if file != nil && latin && slices.ContainsFunc(file.Modules, func(m sersync.Module) bool { return foreign(sersync.Value{Fields: m.Fields}) }) {
		file.Remarks = append(file.Remarks, sersync.Remark{
			At: sersync.Pos{Line: 1, Column: 1}, Setting: "encoding ISO-8859-1", Risk: true,
			Changed: "is what names with other letters are read as; if the file is in GBK, its first line has to say encoding=\"GBK\"",
		})
	}
	var problems []Problem
	for _, p := range wrong {
		problems = append(problems, src.problem(placeOf(p.At), "", p.Hint, p.Message))
	}
	return file, problems
}

// foreign reports whether a value has letters beyond ASCII in it.
func foreign(v sersync.Value) bool {
	return strings.IndexFunc(v.Text, func(r rune) bool { return r > 0x7f }) >= 0 || slices.ContainsFunc(v.Items, foreign) ||
		slices.ContainsFunc(v.Fields, func(f sersync.Field) bool { return foreign(f.Value) })
}

// utf8Text turns a text into UTF-8 from the encoding that it says it has.
func utf8Text(data string) (string, *mistake) {
	name := sersync.Declared(data)
	var from encoding.Encoding
	switch name {
	case "utf-8", "utf8", "us-ascii", "ascii":
		return data, nil
	case "iso-8859-1", "iso8859-1", "latin1", "latin-1":
		// sersync's own file begins so, whatever it was saved as, and sersync took
		// the bytes as they were.
		if utf8.ValidString(data) {
			return data, nil
		}
		from = charmap.ISO8859_1
	default:
		if slices.Contains(chinese, name) {
			from = simplifiedchinese.GB18030
			break
		}
		return "", wrong("save the file as UTF-8, and write that into its first line", "is in encoding %q; known are UTF-8, ISO-8859-1 and GBK", name)
	}
	text, err := from.NewDecoder().String(data)
	if err != nil {
		return "", wrong("save the file as UTF-8, and write that into its first line", "cannot be read as %s: %v", name, err)
	}
	return text, nil
}

// toNode makes a node of a value, as the YAML reader would.
func toNode(v sersync.Value) *node {
	kinds := map[sersync.Kind]kind{
		sersync.Text: text, sersync.Number: integer, sersync.Bool: boolean, sersync.List: list, sersync.Object: object,
	}
	n := &node{kind: kinds[v.Kind], at: placeOf(v.At), text: v.Text}
	for _, item := range v.Items {
		n.items = append(n.items, toNode(item))
	}
	for _, f := range v.Fields {
		n.fields = append(n.fields, field{name: f.Name, at: placeOf(f.Value.At), value: toNode(f.Value)})
	}
	return n
}

// remarks are the warnings of a file. What concerns the file as a whole is said
// with its first module.
func remarks(src *source, file *sersync.File, i int) []Problem {
	var warnings []Problem
	for _, r := range file.Remarks {
		if r.Risk && i == 0 {
			warnings = append(warnings, src.problem(placeOf(r.At), "", "", strings.TrimSpace(fmt.Sprintf("%s %s", r.Setting, r.Changed))))
		}
	}
	return warnings
}

func placeOf(at sersync.Pos) position { return position{at.Line, at.Column} }
