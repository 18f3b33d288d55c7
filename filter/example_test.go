package filter_test

import (
	"fmt"

	"github.com/syncsvc/syncsvc/filter"
)

func Example() {
	f, err := filter.Parse([]filter.Rule{
		{Text: "*.swp", Kind: filter.Exclude, Source: "www.yaml:7"},
		{Text: "/cache/", Kind: filter.Exclude, Source: "www.yaml:8"},
		{Text: "protect /local", Kind: filter.Full, Source: "www.yaml:10"},
	}, []filter.Regex{{Text: `(.*)\.svn`, Source: "www.yaml:12"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(f.Why("cache/a/b.html", false))
	fmt.Println(f.Excluded("index.html", false), f.Protected("local", true))
	for _, arg := range f.Args() {
		fmt.Println(arg)
	}
	// Output:
	// excluded, because folder "cache" matches exclude "/cache/" (www.yaml:8)
	// false true
	// --filter=- **.svn
	// --filter=- *.swp
	// --filter=- /cache/
	// --filter=-r /local
}
