package config

import (
	"fmt"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// maxMerged bounds how many keys merging ("<<") may add to a file. Merges of
// merges grow with the square of the file's length.
const maxMerged = 10_000

// converter turns the parser's tree into nodes.
type converter struct {
	src      *source
	anchors  map[string]*node
	merged   int
	problems []Problem
}

func (c *converter) fail(at position, hint, format string, args ...any) *node {
	c.problems = append(c.problems, c.src.problem(at, "", hint, fmt.Sprintf(format, args...)))
	return &node{kind: broken, at: at}
}

func (c *converter) convert(n ast.Node) *node {
	at := nodePosition(n)
	switch n := n.(type) {
	case *ast.NullNode:
		return &node{kind: null, at: at}
	case *ast.StringNode:
		return &node{kind: text, at: at, text: n.Value}
	case *ast.LiteralNode:
		return &node{kind: text, at: at, text: n.Value.Value}
	case *ast.IntegerNode:
		return &node{kind: integer, at: at, text: n.Token.Value}
	case *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		return &node{kind: float, at: at, text: n.GetToken().Value}
	case *ast.BoolNode:
		return &node{kind: boolean, at: at, text: fmt.Sprint(n.Value)}
	case *ast.SequenceNode:
		return c.list(n)
	case *ast.MappingNode:
		return c.object(at, n.Values)
	case *ast.MappingValueNode:
		return c.object(at, []*ast.MappingValueNode{n})
	case *ast.AnchorNode:
		return c.anchor(n)
	case *ast.AliasNode:
		return c.alias(n)
	case *ast.TagNode:
		return c.fail(at, "put a text that begins with ! in quotes", "YAML tags are not supported")
	}
	return c.fail(at, "", "is nothing that belongs in a configuration file")
}

func (c *converter) list(n *ast.SequenceNode) *node {
	l := &node{kind: list, at: nodePosition(n)}
	for _, v := range n.Values {
		l.items = append(l.items, c.convert(v))
	}
	return l
}

// anchor converts the value first, so that no alias in it can refer to it: a
// node is never part of itself.
func (c *converter) anchor(n *ast.AnchorNode) *node {
	v := c.convert(n.Value)
	if n.Name != nil {
		c.anchors[n.Name.GetToken().Value] = v
	}
	return v
}

func (c *converter) alias(n *ast.AliasNode) *node {
	name := ""
	if n.Value != nil {
		name = n.Value.GetToken().Value
	}
	if v, ok := c.anchors[name]; ok {
		return v
	}
	return c.fail(nodePosition(n), fmt.Sprintf("a text that begins with * needs quotes: %q", "*"+name),
		"refers to &%s, which is not above it", name)
}

func (c *converter) object(at position, pairs []*ast.MappingValueNode) *node {
	o := &node{kind: object, at: at}
	seen := map[string]position{}
	var merges []*node
	for _, pair := range pairs {
		if _, ok := pair.Key.(*ast.MergeKeyNode); ok {
			merges = append(merges, c.mergeSources(pair.Value)...)
			continue
		}
		if f, ok := c.field(pair, seen); ok {
			o.fields = append(o.fields, f)
		}
	}
	for _, m := range merges {
		c.merge(o, m, seen)
	}
	return o
}

// field converts one pair, unless its key is none or was given before.
func (c *converter) field(pair *ast.MappingValueNode, seen map[string]position) (field, bool) {
	at := nodePosition(pair.Key)
	key, ok := pair.Key.(*ast.StringNode)
	if !ok {
		c.fail(at, "", "%s is not a key: keys are words", strings.TrimSpace(pair.Key.String()))
		return field{}, false
	}
	value := c.convert(pair.Value)
	if first, dup := seen[key.Value]; dup {
		p := c.src.problem(at, "", "", fmt.Sprintf("duplicate key %q: it is also in line %d", key.Value, first.line))
		c.problems = append(c.problems, p)
		return field{}, false
	}
	seen[key.Value] = at
	if value.kind == null {
		value = &node{kind: null, at: at} // the place of what is not there is the key
	}
	return field{name: key.Value, at: at, value: value}, true
}

// mergeSources returns the objects that "<<" names.
func (c *converter) mergeSources(n ast.Node) []*node {
	v := c.convert(n)
	switch v.kind {
	case broken:
		return nil
	case object:
		return []*node{v}
	case list:
		return v.items
	}
	return []*node{c.fail(nodePosition(n), "", "<<: needs an object, not %s", v.kind)}
}

// merge adds to o what it does not have itself.
func (c *converter) merge(o, from *node, seen map[string]position) {
	if from.kind != object && from.kind != broken {
		c.fail(from.at, "", "<<: needs objects, not %s", from.kind)
	}
	for _, f := range from.fields {
		if _, own := seen[f.name]; own {
			continue
		}
		if c.merged++; c.merged == maxMerged {
			c.fail(f.at, "", "more than %d keys are merged", maxMerged)
		}
		if c.merged >= maxMerged {
			return
		}
		seen[f.name] = f.at
		o.fields = append(o.fields, f)
	}
}

// nodePosition returns where a node begins. Of a block object the parser's
// token is the first colon.
func nodePosition(n ast.Node) position {
	switch n := n.(type) {
	case *ast.MappingNode:
		if !n.IsFlowStyle && len(n.Values) > 0 {
			return nodePosition(n.Values[0].Key)
		}
	case *ast.MappingValueNode:
		return nodePosition(n.Key)
	}
	if n == nil {
		return position{}
	}
	return tokenPosition(n.GetToken())
}
