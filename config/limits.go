package config

import (
	"fmt"

	"github.com/goccy/go-yaml/token"
)

// What the YAML parser is given is bounded, because its memory grows with the
// square of the depth (a megabyte of "[" needs more than 4 GB) and its time
// with the square of the number of keys (40,000 take minutes). Lists of
// patterns, which can really be long, cost it nothing.
const (
	// maxDepth is how deep lists and objects may be nested; a module file
	// needs four.
	maxDepth = 32
	// maxStructure is how many keys, brackets and the like a file may have; a
	// module with every key of this package and 200 targets has 3,000.
	maxStructure = 4096
)

// tooMuch finds what the parser should not see. Nesting by indentation needs
// no limit of its own: each level has a key.
func tooMuch(src *source, tokens token.Tokens) (Problem, bool) {
	depth, row, structure := 0, 0, 0 // row: openings in a row, as in "- - - -"
	for i, t := range tokens {
		switch t.Type {
		case token.SequenceStartType, token.MappingStartType:
			depth++
		case token.SequenceEndType, token.MappingEndType:
			depth--
		}
		if opens(t) {
			row++
		} else {
			row = 0
		}
		if structures(tokens, i) {
			structure++
		}
		if depth > maxDepth || row > maxDepth {
			return src.problem(tokenPosition(t), "", "", fmt.Sprintf("is nested more than %d deep", maxDepth)), true
		}
		if structure > maxStructure {
			return src.problem(tokenPosition(t), "", "", fmt.Sprintf("has more than %d keys and brackets", maxStructure)), true
		}
	}
	return Problem{}, false
}

// opens reports whether a token can begin another level on the same line.
func opens(t *token.Token) bool {
	switch t.Type {
	case token.SequenceEntryType, token.MappingKeyType, token.AnchorType, token.TagType, token.MappingValueType:
		return true
	}
	return false
}

// structures reports whether a token is more than an item of a list.
func structures(tokens token.Tokens, i int) bool {
	switch t := tokens[i]; t.Type {
	case token.CollectEntryType: // a comma
		return i == 0 || !scalar(tokens[i-1])
	case token.SequenceEntryType, token.CommentType:
		return false
	default:
		return !scalar(t)
	}
}

func scalar(t *token.Token) bool {
	switch t.Type {
	case token.StringType, token.SingleQuoteType, token.DoubleQuoteType, token.BoolType, token.NullType, token.ImplicitNullType,
		token.IntegerType, token.BinaryIntegerType, token.OctetIntegerType, token.HexIntegerType,
		token.FloatType, token.InfinityType, token.NanType:
		return true
	}
	return false
}
