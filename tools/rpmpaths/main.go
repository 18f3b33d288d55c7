// Rpmpaths gives the files in an rpm relative names, as rpmbuild does: ./usr/bin/x.
// rpm itself takes either, but "rpm2cpio x.rpm | cpio -id", and so rpmlint,
// would write what nfpm 2.45 makes to the root of the host instead of the folder
// it was called in (goreleaser/nfpm issue 1122).
//
// The header has its names apart; of it only the sums change. Signatures would not
// be right any more: it has to run before a package is signed.
package main

import (
	"fmt"
	"os"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: rpmpaths FILE.rpm")
		os.Exit(2)
	}
	if err := rewrite(os.Args[1]); err != nil {
		fmt.Fprintf(os.Stderr, "rpmpaths: %s: %v\n", os.Args[1], err)
		os.Exit(1)
	}
}

func rewrite(file string) error {
	content, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	content, err = relative(content)
	if err != nil {
		return err
	}
	return os.WriteFile(file, content, 0o644)
}
