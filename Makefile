# unpack: build, check, install.  GNU make (Debian's make).  A line with two
# number signs is a line of `make help`.
#
## make              static musl programs in build/ARCH/; V=1 shows commands
## make help         these lines; make help-all: fuzzing, releases and the rest
## make demo         the main job on a sample bundle
## make install      PREFIX, DESTDIR; and uninstall
## make check        gates: static, small, no parser in unpack, rooms, names
## make unit         unit tests, with sanitizers
## make test         all that fits a CI run; T=cli/extract: what matches
## make clean        and distclean, which takes the libraries too
#
# The rest is in test/test.mk and src/release/release.mk.

VERSION = 0.2.0
# amd64, arm64, ppc64le (Debian's ppc64el), s390x
HERE   := $(subst ppc64el,ppc64le,$(shell dpkg --print-architecture \
	2>/dev/null || uname -m))
ARCH    = $(HERE)
PREFIX  = /usr/local

# The image that `unpackctl pod` puts into pods, unless told otherwise.
UNPACK_IMAGE = localhost/unpack:$(VERSION)

B       = build/$(ARCH)
D       = $(B)/deps

CC      = musl-gcc
# nothing unwinds the stack in C: no tables for it
CFLAGS  = -Os -fno-pie -fno-asynchronous-unwind-tables -fno-unwind-tables
LDFLAGS = -static
AR      = ar
RANLIB  = ranlib
STRIP   = strip
NM      = nm
READELF = readelf

# Another ARCH, or MUSL=source: musl is built from Debian's source too, with
# Debian's own compiler for that architecture.  CC=... brings another one.
TRIPLET_amd64   = x86_64-linux-gnu
TRIPLET_arm64   = aarch64-linux-gnu
TRIPLET_ppc64le = powerpc64le-linux-gnu
TRIPLET_s390x   = s390x-linux-gnu
MUSL = $(if $(filter-out $(HERE),$(ARCH)),source,tools)
ifeq ($(MUSL),source)
HOST = $(TRIPLET_$(ARCH))
ifneq ($(filter command environment override,$(firstword $(origin CC))),)
HOST := $(shell $(CC) -dumpmachine)
else ifeq ($(HOST),)
$(error ARCH=$(ARCH): not amd64, arm64, ppc64le or s390x; set CC to a musl \
compiler for it, and AR, RANLIB, STRIP, NM, READELF to go with it)
else
GCC     = $(HOST)-gcc
CC      = $(CURDIR)/$(D)/musl/bin/musl-gcc
AR      = $(HOST)-ar
RANLIB  = $(HOST)-ranlib
STRIP   = $(HOST)-strip
NM      = $(HOST)-nm
READELF = $(HOST)-readelf
endif
endif

# The commit: git's word for it, or what src/revision has in a source archive.
# Its time, in seconds, is that of everything in a release.
COMMIT := $(shell [ -e .git ] && \
	git log -1 --format='%H %ct' 2>/dev/null || cat src/revision)
ifneq ($(findstring Format,$(COMMIT)),)
COMMIT = unknown 0
else ifneq ($(shell [ ! -e .git ] || git status --porcelain -uno),)
COMMIT := $(word 1,$(COMMIT))+ $(word 2,$(COMMIT))
endif

# House flags stay apart, so that a packager's CFLAGS never drops a warning.
HOUSE_CPPFLAGS = -D_GNU_SOURCE -DVERSION=\"$(VERSION)\" \
	-DUNPACK_IMAGE=\"$(UNPACK_IMAGE)\" -I$(D)/include \
	-iquote src
HOUSE_CFLAGS = -std=c11 \
	-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion \
	-Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition \
	-Wvla -Wformat=2 -Wundef -Wwrite-strings -Wcast-qual -Wpointer-arith \
	-Wimplicit-fallthrough -Wswitch-enum \
	-Wno-missing-field-initializers \
	-ffunction-sections -fdata-sections -fstack-protector-strong
HOUSE_LDFLAGS = -Wl,--gc-sections -Wl,-z,noexecstack -Wl,-z,relro,-z,now \
	-Wl,-z,noseparate-code -Wl,--build-id=none \
	-Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc
HOUSE_LDLIBS = -L$(D)/lib

# ---------------------------------------------------------------- programs

# Rooms, the lowest first.
ROOMS = base bundle stream pod result psa log image cluster cmd
HDR  := $(wildcard src/*.h $(ROOMS:%=src/%/*.h))
SRC  := $(wildcard src/*.c $(ROOMS:%=src/%/*.c))

# What unpack links is written out, on purpose: a list to be reviewed.
UNPACK_OBJ = $(patsubst %,$(B)/%.o, \
	base/alloc base/array base/base64 base/clock base/cpus base/workers base/digest \
	base/io base/json base/msg base/number base/opt base/path base/out \
	base/quote base/ranges base/remove base/result base/sandbox base/signals \
	bundle/content bundle/finding bundle/mounts bundle/places \
	bundle/report bundle/walk \
	stream/copy stream/encode stream/install stream/preflight stream/gzip \
	stream/stream stream/tarout \
	unpack)
UNPACK_LIBS = -larchive -ldeflate -lcjson -lmd -lm

# unpackctl: all rooms, without what unpack alone has.
UNPACK_ALONE = src/unpack.c $(patsubst %,src/stream/%.c, \
	copy install preflight stream)
CTL_OBJ  = $(patsubst src/%.c,$(B)/%.o,$(filter-out $(UNPACK_ALONE),$(SRC)))
CTL_LIBS = -larchive -ldeflate -lcjson -lmd -lyaml -lz -lzstd -lm

# make is quiet; V=1 shows what it runs.
Q    = $(if $(V),,@)
SAY  = @$(if $(V),:,printf '  %-5s %s\n')
# each compilation notes the headers that it read, for the next one
DEPFLAGS = -MMD -MP

all: unpack unpackctl
help:
	@sed -n 's/^## //p' Makefile
help-all:
	@sed -n 's/^## //p' Makefile test/test.mk src/release/release.mk
unpack: $(B)/unpack
unpackctl: $(B)/unpackctl

$(B)/unpack: $(UNPACK_OBJ)
	$(SAY) LINK $@
	$(Q)$(CC) $(HOUSE_LDFLAGS) -Wl,--wrap=strtod $(LDFLAGS) -o $@ $(UNPACK_OBJ) \
	    $(HOUSE_LDLIBS) $(UNPACK_LIBS)

$(B)/unpackctl: $(CTL_OBJ)
	$(SAY) LINK $@
	$(Q)$(CC) $(HOUSE_LDFLAGS) $(LDFLAGS) -o $@ $(CTL_OBJ) \
	    $(HOUSE_LDLIBS) $(CTL_LIBS)

# It has the scripts in it.
$(B)/cmd/completion.o: $(wildcard src/complete/*)

$(B)/%.o: src/%.c Makefile $(D)/.done
	@mkdir -p $(@D)
	$(SAY) CC $<
	$(Q)$(CC) $(HOUSE_CPPFLAGS) $(HOUSE_CFLAGS) $(CFLAGS) $(DEPFLAGS) \
	    -c -o $@ $<

# What --version says; $(B)/commit changes when the commit does.
LINKED_unpack    = libarchive libdeflate cjson libmd musl
LINKED_unpackctl = $(LINKED_unpack) libyaml zlib libzstd
linked = $(shell for p in $(1); do sed -n "s/^\($$p [^ ]*\).*/\1/p" \
	$(D)/versions; done | paste -sd, | sed 's/,/, /g')
version_flags = -DCOMMIT='"$(word 1,$(COMMIT))"' \
	-DLINKED='"$(call linked,$(1))"'
$(B)/unpack.o: HOUSE_CPPFLAGS += $(call version_flags,$(LINKED_unpack))
$(B)/unpackctl.o: HOUSE_CPPFLAGS += $(call version_flags,$(LINKED_unpackctl))
$(B)/unpack.o $(B)/unpackctl.o: $(B)/commit
$(B)/commit: FORCE
	@mkdir -p $(B)
	@echo '$(COMMIT)' | cmp -s - $@ || echo '$(COMMIT)' >$@
FORCE:

deps: $(D)/.done
$(D)/.done: src/deps.sh
	@CC='$(CC)' AR='$(AR)' RANLIB='$(RANLIB)' HOST='$(HOST)' GCC='$(GCC)' \
	    src/deps.sh $(ARCH) $(D)

.PHONY: all help help-all unpack unpackctl deps FORCE

# ---------------------------------------------------------------- install

MANDIR = $(PREFIX)/share/man
COMPDIR = $(PREFIX)/share
MAN1  := $(wildcard src/man/*.1)
MAN5  := $(wildcard src/man/*.5)
MAN7  := $(wildcard src/man/*.7)

PROGRAMS = unpack unpackctl
install: $(PROGRAMS)
	$(SAY) INSTALL $(DESTDIR)$(PREFIX)
	$(Q)install -d $(DESTDIR)$(PREFIX)/bin
	$(Q)install -s --strip-program=$(STRIP) -m 0755 $(PROGRAMS:%=$(B)/%) \
	    $(DESTDIR)$(PREFIX)/bin
	$(Q)ln -sf unpackctl $(DESTDIR)$(PREFIX)/bin/kubectl-unpack
	$(Q)for m in $(MAN1) $(MAN5) $(MAN7); do \
	    install -D -m 0644 $$m $(DESTDIR)$(MANDIR)/man$${m##*.}/$${m##*/} \
	        || exit 1; \
	done
	$(Q)install -D -m 0644 src/man/unpack-json.schema.json \
	    $(DESTDIR)$(PREFIX)/share/unpack/unpack-json.schema.json
	$(Q)install -m 0755 src/complete/kubectl_complete-unpack $(DESTDIR)$(PREFIX)/bin
	$(Q)install -D -m 0644 src/complete/unpackctl.bash \
	    $(DESTDIR)$(COMPDIR)/bash-completion/completions/unpackctl
	$(Q)ln -sf unpackctl \
	    $(DESTDIR)$(COMPDIR)/bash-completion/completions/kubectl-unpack
	$(Q)install -D -m 0644 src/complete/unpackctl.zsh \
	    $(DESTDIR)$(COMPDIR)/zsh/site-functions/_unpackctl
	$(Q)install -D -m 0644 src/complete/unpackctl.fish \
	    $(DESTDIR)$(COMPDIR)/fish/vendor_completions.d/unpackctl.fish
	@$(call provenance,$(DESTDIR)$(PREFIX)) \
	    $(foreach p,$(PROGRAMS),bin/$(call linked_in,$(p)))

uninstall:
	$(SAY) REMOVE $(DESTDIR)$(PREFIX)
	$(Q)cd $(DESTDIR)$(PREFIX)/bin && rm -f unpack unpackctl kubectl-unpack \
	    kubectl_complete-unpack
	$(Q)rm -f $(MAN1:src/man/%=$(DESTDIR)$(MANDIR)/man1/%) \
	    $(MAN5:src/man/%=$(DESTDIR)$(MANDIR)/man5/%) \
	    $(MAN7:src/man/%=$(DESTDIR)$(MANDIR)/man7/%)
	$(Q)rm -rf $(DESTDIR)$(PREFIX)/share/unpack
	$(Q)cd $(DESTDIR)$(COMPDIR) && rm -f \
	    bash-completion/completions/unpackctl \
	    bash-completion/completions/kubectl-unpack \
	    zsh/site-functions/_unpackctl \
	    fish/vendor_completions.d/unpackctl.fish
	$(Q)rm -rf $(DESTDIR)$(PREFIX)/share/doc/unpack

# Libraries and sources stay; distclean takes them too.
clean:
	rm -rf $(ROOMS:%=$(B)/%) $(B)/*.[od] $(B)/unpack $(B)/unpackctl $(B)/unit $(B)/lint
distclean:
	rm -rf build

.PHONY: install uninstall clean distclean

# ---------------------------------------------------------------- tests
#
# Shell tests, one behaviour a file: test/DIR/*.sh for each DIR.  Every target
# is one run of test/run, whose last line sums up.

include src/release/release.mk
# a build in a container has no tests
-include test/test.mk

TEST_DIRS = check cli image container fuzz
TESTS     = $(sort $(filter-out %/lib.sh,$(wildcard $(TEST_DIRS:%=test/%/*.sh))))
RUN = ARCH='$(ARCH)' CC='$(CC)' NM='$(NM)' READELF='$(READELF)' \
	STRIP='$(STRIP)' MAXSIZE='$(MAXSIZE)' DEPS='$(CURDIR)/$(D)' \
	UNPACK_OBJ='$(UNPACK_OBJ)' CTL_OBJ='$(CTL_OBJ)' test/run

check: all
	$(Q)$(RUN) $(wildcard test/check/*.sh)
unit: $(UNIT_PROGRAMS)
	$(Q)$(RUN) $(UNIT_PROGRAMS)
# make test T=cli/extract runs what matches.
T =
MATCHES = $(if $(T),$(foreach t,$(UNIT_PROGRAMS:$(U)/test_%=unit/%) \
	$(TESTS:test/%=%),$(if $(findstring $(T),$(t)),$(t))))
ifeq ($(T),)
test: all $(UNIT_PROGRAMS) $(REPLAYS)
	$(Q)$(RUN) $(UNIT_PROGRAMS) $(TESTS)
else
test: all $(patsubst unit/%,$(U)/test_%,$(filter unit/%,$(MATCHES))) \
    $(if $(filter fuzz/%,$(MATCHES)),$(REPLAYS))
	$(Q)$(RUN) $(patsubst unit/%,$(U)/test_%,$(filter unit/%,$(MATCHES))) \
	    $(patsubst %,test/%,$(filter-out unit/%,$(MATCHES)))
endif

# The main job on a sample bundle, without a cluster.
demo: $(B)/unpack
	$(Q)UNPACK='$(CURDIR)/$(B)/unpack' sh test/demo.sh
.PHONY: check unit test demo

-include $(wildcard $(foreach d,$(B) $(U) $(F),$(d)/*.d $(d)/*/*.d))
