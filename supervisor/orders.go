package supervisor

import "github.com/syncsvc/syncsvc/config"

// orders are what has been asked of a keeper.
type orders struct {
	up     bool
	module *config.Module
	lives  int // counts the orders that end a life; a child started for less is ended
	asked  int // counts all orders, so that each ends a delay
}

// want says whether the module should run. Down ends its child in good order;
// up starts it at once, also when it waits after a death or has been given up.
func (k *keeper) want(up bool) {
	k.tell(func(o *orders) { o.up = up })
}

// restart ends the child in good order and starts another one at once. A module
// that is not wanted stays down.
func (k *keeper) restart() {
	k.tell(func(o *orders) { o.lives++ })
}

// configure puts another version of the module in force, from the next start
// on; with restart, that is at once. A child that runs goes on otherwise, and
// its caller tells it.
func (k *keeper) configure(m *config.Module, restart bool) {
	k.tell(func(o *orders) {
		o.module = m
		if restart {
			o.lives++
		}
	})
}

func (k *keeper) tell(change func(*orders)) {
	k.mu.Lock()
	change(&k.word)
	k.word.asked++
	k.mu.Unlock()
	select {
	case k.wake <- struct{}{}:
	default:
	}
}

func (k *keeper) orders() orders {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.word
}
