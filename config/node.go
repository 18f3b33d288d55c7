package config

// kind is what a node of a configuration text is.
type kind uint8

const (
	broken kind = iota // reported already: readers pass over it in silence
	null
	text
	integer
	float
	boolean
	list
	object
)

// String returns the kind as people call it.
func (k kind) String() string {
	return [...]string{"something unreadable", "nothing", "a text", "a whole number", "a number", "true or false", "a list", "an object"}[k]
}

// node is a value of a configuration text, free of how it was written:
// anchors, aliases and merged keys are resolved, so a node can be part of
// several others.
type node struct {
	kind   kind
	at     position
	text   string  // of a text its value, of other scalars how it was written
	items  []*node // of a list
	fields []field // of an object, in the order of the file, each name once
}

// field is one key of an object with its value.
type field struct {
	name  string
	at    position // of the key
	value *node
}

// get returns the field called name.
func (n *node) get(name string) (field, bool) {
	for _, f := range n.fields {
		if f.name == name {
			return f, true
		}
	}
	return field{}, false
}
