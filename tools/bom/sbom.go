package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	cdx "github.com/CycloneDX/cyclonedx-go"
)

const product = "github.com/syncsvc/syncsvc"

// cycloneDX returns the bill of materials. Its number is made of the program, and
// its time is the commit's, so that it can be made again.
func cycloneDX(program, version string, libraries []library) ([]byte, error) {
	content, err := os.ReadFile(program)
	if err != nil {
		return nil, err
	}
	built, err := buildTime()
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(content)
	syncsvc := application(version, sum)
	parts := make([]cdx.Component, 0, len(libraries))
	refs := make([]string, 0, len(libraries))
	for _, l := range libraries {
		part := l.component()
		parts, refs = append(parts, part), append(refs, part.BOMRef)
	}

	bom := cdx.NewBOM()
	bom.SerialNumber = "urn:uuid:" + uuid(sum)
	bom.Metadata = &cdx.Metadata{Timestamp: built, Component: &syncsvc}
	bom.Components = &parts
	bom.Dependencies = &[]cdx.Dependency{{Ref: syncsvc.BOMRef, Dependencies: &refs}}
	var out bytes.Buffer
	// 1.5 is what all readers of today understand.
	err = cdx.NewBOMEncoder(&out, cdx.BOMFileFormatJSON).SetPretty(true).EncodeVersion(bom, cdx.SpecVersion1_5)
	return out.Bytes(), err
}

func application(version string, sum [sha256.Size]byte) cdx.Component {
	return cdx.Component{
		BOMRef: product, Type: cdx.ComponentTypeApplication,
		Name: "syncsvc", Version: version, PackageURL: "pkg:golang/" + product + "@" + strings.ReplaceAll(version, "+", "%2B"),
		Licenses: &cdx.Licenses{{License: &cdx.License{ID: "Apache-2.0"}}},
		Hashes:   &[]cdx.Hash{{Algorithm: cdx.HashAlgoSHA256, Value: hex.EncodeToString(sum[:])}},
	}
}

func (l library) component() cdx.Component {
	purl := "pkg:golang/" + l.path + "@" + l.version
	c := cdx.Component{
		BOMRef: purl, Type: cdx.ComponentTypeLibrary, Scope: cdx.ScopeRequired,
		Name: l.path, Version: l.version, PackageURL: purl, Licenses: licensesOf(l.licence),
	}
	// The sum of go.sum: of the module's files, not of an archive of them.
	if hash, ok := strings.CutPrefix(l.sum, "h1:"); ok {
		if raw, err := base64.StdEncoding.DecodeString(hash); err == nil {
			c.Hashes = &[]cdx.Hash{{Algorithm: cdx.HashAlgoSHA256, Value: hex.EncodeToString(raw)}}
		}
	}
	return c
}

func licensesOf(expression string) *cdx.Licenses {
	if strings.Contains(expression, " ") {
		return &cdx.Licenses{{Expression: expression}}
	}
	return &cdx.Licenses{{License: &cdx.License{ID: expression}}}
}

func buildTime() (string, error) {
	epoch, err := strconv.ParseInt(os.Getenv("SOURCE_DATE_EPOCH"), 10, 64)
	if err != nil {
		return "", fmt.Errorf("SOURCE_DATE_EPOCH, the time of the commit: %w", err)
	}
	return time.Unix(epoch, 0).UTC().Format(time.RFC3339), nil
}

// uuid makes one of version 8, which is for numbers made in one's own way.
func uuid(sum [sha256.Size]byte) string {
	u := sum[:16]
	u[6] = u[6]&0x0f | 0x80
	u[8] = u[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", u[0:4], u[4:6], u[6:8], u[8:10], u[10:16])
}
