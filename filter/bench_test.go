package filter

import "testing"

func typicalRules() []Rule {
	return listOf(Exclude, "*.swp", "*~", ".#*", "4913", "/cache/", "**/.git/", "node_modules/", "*.tmp", "/var/log/*.log", "build/***", "*.[oa]")
}

func typicalPaths() []string {
	return []string{"a.txt", "src/app/main/controllers/user_controller_test.go", "node_modules/x/y/z", "var/log/httpd.log", "a/b/c/d/.git"}
}

func BenchmarkExcluded(b *testing.B) {
	f := mustParse(b, typicalRules())
	b.ReportAllocs()
	for b.Loop() {
		for _, path := range typicalPaths() {
			f.Excluded(path, false)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(typicalPaths())), "ns/path")
}

func BenchmarkExcludedName(b *testing.B) {
	f := mustParse(b, typicalRules())
	b.ReportAllocs()
	for b.Loop() {
		f.ExcludedName("src/app/main/controllers/user_controller_test.go", false)
	}
}

func BenchmarkWildcards(b *testing.B) {
	f := mustParse(b, listOf(Exclude, "/a/**/[bc]*d", "x/*/y?z"))
	b.ReportAllocs()
	for b.Loop() {
		f.ExcludedName("src/app/main/controllers/user_controller_test.go", false)
	}
}
