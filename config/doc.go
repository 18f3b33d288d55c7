// Package config reads the settings of the service and the module files into
// typed, defaulted, validated values.
//
// A module file is strict YAML (JSON is a part of it): unknown and duplicate
// keys are errors, and every problem of a file is reported at once as a
// [Problem] with file, line, column, the line itself and, where there is one,
// a way out. The service's own settings come from flags, environment, a file
// of the same strictness, and defaults, in that order.
//
// The package starts nothing and keeps nothing: reading a file again gives a
// new value, and what to do about a difference is the caller's business.
// Whether folders and keys that a module names exist is asked separately, by
// [CheckSystem], because the answer changes while the service runs.
package config
