package config

import (
	"path"
	"strings"
)

// destination returns an absolute path in its shortest form, unless it is one
// that must never be mirrored to: what is not in the source is deleted there.
func destination(p, home string) (string, *mistake) {
	if bad := noDots(p); bad != nil {
		return "", bad
	}
	clean := path.Clean(p)
	const hint = "mirror to a folder of its own inside it; what the source does not have is deleted there"
	switch {
	case clean == "/":
		return "", wrong(hint, "the root of the file system is not a target")
	case strings.HasPrefix(clean, "/~"):
		return "", wrong("write the absolute path", "~ has no meaning here")
	case clean == home || isHome(clean):
		return "", wrong(hint, "the home folder %s is not a target", clean)
	}
	return clean, nil
}

// isHome reports whether p is where home folders usually are, or one of them.
func isHome(p string) bool {
	if p == "/root" || p == "/home" {
		return true
	}
	name, inHome := strings.CutPrefix(p, "/home/")
	return inHome && !strings.Contains(name, "/")
}

// inside reports whether folder p is q or lies in it. Both are clean.
func inside(p, q string) bool {
	return p == q || q == "/" || strings.HasPrefix(p, q+"/")
}
