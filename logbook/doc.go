// Package logbook collects what the service and its modules log, keeps the last
// lines of each, and passes every line on once: to standard error, to files
// when asked for, and to whoever follows.
//
// It decides nothing about what is logged: levels are set where lines are
// written. It does not outlive its process; what has to, is in files.
package logbook
