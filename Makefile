# make help   lists the targets
GO      ?= go
VERSION ?= $(shell packaging/version 2>/dev/null || echo dev)
LDFLAGS  = -s -w -X main.version=$(VERSION)
BIN      = bin/syncsvc
TRIAL    = dist/trial
# Also where git does not tell, as in somebody else's checkout.
TRIALVERSION = $(shell packaging/version 2>/dev/null || echo 0.0.1)

.PHONY: help setup build packages demo test test-boot test-vm test-long bench lint fuzz man clean

help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' Makefile

setup: ## install what is missing (rsync, sshd, file system tools); needs apt and root
	@./setup

build: ## bin/syncsvc, static
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o $(BIN) ./cmd/syncsvc

packages: ## deb, rpm, apk and Arch packages in dist/, built twice and compared
	@./setup packages
	packaging/reproduce

demo: setup build ## mirror three generated modules to two daemons and prove it
	./$(BIN) demo

test: ## everything that fits into a few minutes, with the race detector
	@./setup test
	$(GO) vet ./...
	$(GO) test -race -shuffle=on -timeout 30m ./...

test-boot: ## the packages, on machines that boot; needs root
	@./setup boot
	VERSION=$(TRIALVERSION) OUT=$(TRIAL) packaging/build
	OUT=$(TRIAL)/previous VERSION=0.0.0 ARCHES=amd64 FORMATS='deb rpm apk' packaging/build
	SYNCSVC_PACKAGES=$(CURDIR)/$(TRIAL) SYNCSVC_BOOT=1 $(GO) test -count=1 -timeout 25m ./packaging/...

test-vm: ## the same in an emulated computer: limits, memory, a real reboot
	@./setup vm
	VERSION=$(TRIALVERSION) OUT=$(TRIAL) ARCHES=amd64 FORMATS='deb rpm' packaging/build
	SYNCSVC_PACKAGES=$(CURDIR)/$(TRIAL) SYNCSVC_VM=1 $(GO) test -count=1 -timeout 25m -run VM -v ./packaging/boot

test-long: ## the whole lists: hours of crashes, big files, long fuzzing
	@./setup test
	SYNCSVC_LONG=1 $(GO) test -race -shuffle=on -timeout 4h -p 1 ./...

bench: setup build ## the table of the README: syncsvc, lsyncd, inotifywait, bare rsync
	@./setup bench
	$(GO) run ./bench -syncsvc $(BIN)

lint: ## gofumpt, vet, staticcheck
	$(GO) vet ./...
	@test -z "$$($(GO) run mvdan.cc/gofumpt@v0.12.0 -l .)" || { $(GO) run mvdan.cc/gofumpt@v0.12.0 -l .; exit 1; }
	$(GO) run honnef.co/go/tools/cmd/staticcheck@v0.8.2 ./...

fuzz: setup ## each fuzz target for a minute
	@for p in $$($(GO) list ./...); do for f in $$($(GO) test -list '^Fuzz' $$p | grep ^Fuzz); do \
		$(GO) test -run '^$$' -fuzz "^$$f$$" -fuzztime 1m $$p || exit 1; done; done

man: ## manual pages and what packages ship, from what the program prints
	$(GO) test ./cmd/syncsvc -run Man -update
	$(GO) test ./service -run Packages -update

clean:
	rm -rf bin dist
