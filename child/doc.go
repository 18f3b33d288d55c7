// Package child starts processes that can neither outlive nor escape the one
// that starts them.
//
// Each gets a process group and, where the kernel lets us, a control group of
// its own; the kernel kills it when this process dies; and what it started in
// turn is found by its group or by a mark in its environment, also after a
// crash of this process. The two are connected by a link on which each learns
// that the other is gone.
//
// It does not know what the processes are for and never starts one again.
package child
