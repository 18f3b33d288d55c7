package filter

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// Args returns the arguments that make rsync decide as this filter does, in
// order and with nothing lost for any bytes; regexes that [Filter.HasRegex]
// speaks of are missing. Rules of the caller that must win, such as those made
// with [Literal], go before them.
func (f *Filter) Args() []string {
	if f.Empty() {
		return nil
	}
	args := make([]string, len(f.args))
	for i, text := range f.args {
		args[i] = "--filter=" + text
	}
	return args
}

// Fingerprint returns a short text that is different when the filter may decide
// differently.
func (f *Filter) Fingerprint() string {
	if f == nil {
		f = &Filter{}
	}
	h := sha256.New()
	for _, list := range [][]string{f.args, f.texts} {
		for _, text := range list {
			h.Write([]byte(text + "\x00"))
		}
		h.Write([]byte{0})
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// String returns the rule as rsync reads it after --filter=: the short form,
// whatever the operator wrote.
func (r *rule) String() string {
	var b strings.Builder
	if r.flags&include != 0 {
		b.WriteByte('+')
	} else {
		b.WriteByte('-')
	}
	for _, m := range [...]struct {
		flag flags
		name byte
	}{{negate, '!'}, {xattr, 'x'}, {sender, 's'}, {receiver, 'r'}, {perishable, 'p'}} {
		if r.flags&m.flag != 0 {
			b.WriteByte(m.name)
		}
	}
	b.WriteByte(' ')
	b.WriteString(r.text)
	return b.String()
}
