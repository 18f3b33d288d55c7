package instance

import (
	"context"
	"math/rand/v2"
	"sync"

	"github.com/syncsvc/syncsvc/change"
	"github.com/syncsvc/syncsvc/scan"
)

// maxSample bounds a sample; its names take about 100 MB.
const maxSample = 1_000_000

// sample chooses each file at and beneath a folder with the same chance, at
// least one if there are any.
func (g *ground) sample(ctx context.Context, under string, chance float64) ([]string, error) {
	root, err := g.pin()
	if err != nil {
		return nil, err
	}
	defer root.Close()
	var (
		mu    sync.Mutex // guards both: several workers ask
		out   []string
		spare string
	)
	choose := func(path string) {
		mu.Lock()
		defer mu.Unlock()
		spare = path
		if len(out) < maxSample && rand.Float64() < chance {
			out = append(out, path)
		}
	}
	if seen := look(int(root.Fd()), under); seen.kind != folder && seen.kind != gone {
		return []string{under}, nil
	}
	_, err = scan.Walk(ctx, scan.Options{
		Root: procPath(int(root.Fd()), ""), Under: under,
		Excluded: func(path string, dir bool) bool {
			no := g.filter.ExcludedName(path, dir)
			if !no && !dir {
				choose(path)
			}
			return no
		},
	}, func([]change.Change) error { return nil })
	if len(out) == 0 && spare != "" {
		out = []string{spare}
	}
	return out, err
}
