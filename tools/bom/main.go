// Bom writes down what a built syncsvc has linked in: as a CycloneDX bill of
// materials, as the licences that have to go with it, and as Debian wants to have
// them. It says nothing about rsync and other programs that syncsvc calls.
//
// It runs at the root of the repository, with the GOARCH of the program. The same
// program gives the same bytes.
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	program := flag.String("program", "", "the built `FILE`")
	version := flag.String("version", "", "its `VERSION`")
	sbom := flag.String("sbom", "", "write CycloneDX JSON to `FILE`")
	notices := flag.String("notices", "", "write the licences to `FILE`")
	copyright := flag.String("copyright", "", "append to Debian's copyright `FILE`")
	flag.Parse()

	if err := run(*program, *version, *sbom, *notices, *copyright); err != nil {
		fmt.Fprintln(os.Stderr, "bom:", err)
		os.Exit(1)
	}
}

func run(program, version, sbom, notices, copyright string) error {
	libraries, err := linked(program)
	if err != nil {
		return err
	}
	inventory, err := cycloneDX(program, version, libraries)
	if err != nil {
		return err
	}
	if err := os.WriteFile(sbom, inventory, 0o644); err != nil {
		return err
	}
	if err := os.WriteFile(notices, noticesOf(libraries), 0o644); err != nil {
		return err
	}
	return extend(copyright, debianCopyright(libraries))
}

func extend(file string, by []byte) error {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	if _, err := f.Write(by); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}
