# make            builds bin/ktcpvsd and bin/tcpvsadm
# make demo       shows them at work, on this machine and nowhere else (root)
# make test       runs every test (root)
# make check      what a change must pass before anything else
# make differential, make integrity, make fuzz FUZZTIME=1h: the long tests
# make soak-tests the tests on a machine that is busy, small or set up otherwise: days
# make bench      measures them against haproxy and nginx (root)
# make install    DESTDIR= PREFIX=/usr/local; make uninstall takes it back

PREFIX     ?= /usr/local
SYSCONFDIR ?= /etc
DESTDIR    ?=
FUZZTIME   ?= 1m

staticcheck := honnef.co/go/tools/cmd/staticcheck@v0.8.2
sources     := go.mod go.sum $(shell find daemon fuse proto tcpvsadm -name '*.go' ! -name '*_test.go')
# What --version tells; nothing outside a clone.
commit      := $(shell git describe --always --exclude='*' --abbrev=12 --dirty 2>/dev/null)
# The tag leaves out a Markdown library, which help and completion do not need.
build       := CGO_ENABLED=0 go build -trimpath -buildvcs=false -tags urfave_cli_no_docs -ldflags "-X ktcpvs/proto/release.commit=$(commit)"

all: build

build: bin/ktcpvsd bin/tcpvsadm

bin/ktcpvsd: $(sources)
	$(build) -o $@ ./daemon/ktcpvsd

bin/tcpvsadm: $(sources)
	$(build) -o $@ ./tcpvsadm

clean:
	rm -rf bin
	$(MAKE) -C scripts/ktcpvs clean

# deps installs the programs that demo, test and bench call; what is there
# already is left alone.
deps:
	scripts/deps

# These start the programs, which the race detector does not see into, and are
# left to `make test`.
of_programs := differential ends hostile integrity netns scripts

check:
	@echo "gofmt -l ."; unformatted=$$(gofmt -l .) && test -z "$$unformatted" || { echo "not formatted: $$unformatted"; exit 1; }
	go vet ./...
	go run $(staticcheck) ./...
	go test ./tests/house
	go test -p $(side_by_side) -race -short $$(go list ./... | grep -v /tests/)
	go test -p $(side_by_side) -race -short -count=1 $$(go list ./tests/... | grep -v -e /tests/load $(patsubst %,-e /tests/%,$(of_programs)))
	$(MAKE) fuzz FUZZTIME=1000x

# What compares waiting times goes last, with the machine to itself. No result is
# kept (-count=1): go does not know that a test which starts the programs depends
# on them. Comparisons of times that a disturbed machine left open are counted.
inconclusive := bin/inconclusive

# One package more than there are processors: most tests wait more than they work.
side_by_side := $(shell expr $$(nproc) + 1)

test: deps build
	@rm -f $(inconclusive)
	KTCPVS_INCONCLUSIVE=$(CURDIR)/$(inconclusive) go test -p $(side_by_side) -count=1 -timeout 30m $$(go list ./... | grep -v /tests/hostile)
	KTCPVS_INCONCLUSIVE=$(CURDIR)/$(inconclusive) go test -count=1 -timeout 30m ./tests/hostile
	@if test -s $(inconclusive); then \
		echo "INCONCLUSIVE, as the machine was disturbed: $$(wc -l <$(inconclusive)) comparisons"; cat $(inconclusive); \
	else echo "no comparison of times was inconclusive"; fi

fuzz:
	FUZZTIME=$(FUZZTIME) scripts/fuzz

# differential sends a generated corpus to ktcpvsd, haproxy and nginx; integrity
# looks for answers that reach the wrong client, for minutes.
differential: deps build
	KTCPVS_CASES=100000 go test -count=1 -v -timeout 30m -run TestNothingIsForwarded ./tests/differential

integrity: deps build
	KTCPVS_INTEGRITY=3m go test -count=1 -v -timeout 40m -parallel 6 ./tests/integrity

# soak-tests goes on where it was ended, and prints a table; tests/soak/soak does
# parts of it.
soak-tests: deps build
	tests/soak/soak

bench: deps build
	go run ./tests/load/ktcpvs-bench -out bin/bench

demo: build
	scripts/deps demo
	scripts/demo

# What is installed. Files name /usr/local and /etc inside; they get PREFIX and
# SYSCONFDIR instead.
sbin       := $(DESTDIR)$(PREFIX)/sbin
libexec    := $(DESTDIR)$(PREFIX)/libexec/ktcpvs
man8       := $(DESTDIR)$(PREFIX)/share/man/man8
bashdir    := $(DESTDIR)$(PREFIX)/share/bash-completion/completions
zshdir     := $(DESTDIR)$(PREFIX)/share/zsh/site-functions
examples   := $(DESTDIR)$(PREFIX)/share/doc/ktcpvs/examples
systemd    := $(DESTDIR)$(PREFIX)/lib/systemd/system
initd      := $(DESTDIR)$(SYSCONFDIR)/init.d
stand_ins  := insmod rmmod modprobe lsmod modules.sh
with_prefix = sed 's,/usr/local,$(PREFIX),g; s,/etc/ktcpvs,$(SYSCONFDIR)/ktcpvs,g'

install: build
	install -d $(sbin) $(libexec) $(man8) $(bashdir) $(zshdir) $(examples) $(systemd) $(initd)
	install -m 755 bin/ktcpvsd bin/tcpvsadm $(sbin)
	install -m 755 $(addprefix scripts/ktcpvs/stand-ins/,$(stand_ins)) $(libexec)
	chmod 644 $(libexec)/modules.sh
	for script in ktcpvs.start ktcpvs.stop; do \
		$(with_prefix) scripts/$$script >$(sbin)/$$script && chmod 755 $(sbin)/$$script || exit 1; \
	done
	$(with_prefix) scripts/ktcpvs.init >$(initd)/ktcpvsd
	chmod 755 $(initd)/ktcpvsd
	$(with_prefix) scripts/ktcpvsd.service >$(systemd)/ktcpvsd.service
	install -m 644 scripts/ktcpvs.conf $(examples)
	install -m 644 scripts/man/tcpvsadm.8 scripts/man/ktcpvsd.8 $(man8)
	install -m 644 scripts/completion/tcpvsadm.bash $(bashdir)/tcpvsadm
	install -m 644 scripts/completion/_tcpvsadm $(zshdir)

uninstall:
	rm -f $(addprefix $(sbin)/,ktcpvsd tcpvsadm ktcpvs.start ktcpvs.stop)
	rm -f $(addprefix $(libexec)/,$(stand_ins))
	rm -f $(initd)/ktcpvsd $(systemd)/ktcpvsd.service $(examples)/ktcpvs.conf
	rm -f $(man8)/tcpvsadm.8 $(man8)/ktcpvsd.8 $(bashdir)/tcpvsadm $(zshdir)/_tcpvsadm
	rmdir $(libexec) $(examples) $(DESTDIR)$(PREFIX)/share/doc/ktcpvs 2>/dev/null || true

.PHONY: all build clean deps check test fuzz differential integrity soak-tests bench demo install uninstall
