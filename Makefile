# unpack: build, check, install.  GNU make (Debian's make).  A line with two
# number signs is a line of `make help`.
#
## make                 static musl programs in build/ARCH/; V=1 shows commands
## make help            these lines
## make demo            the main job on a sample bundle
## make manual          unpack-findings(7) from the table of codes
## make install         PREFIX, DESTDIR; and uninstall
## make deps            only the libraries that the programs are made of
## make check           gates: static, small, no parser in unpack, rooms, names
## make unit            unit tests, with sanitizers
## make test            all that fits a CI run; T=cli/extract: what matches
## make test-sanitized  the command-line tests with ASan and UBSan
## make test-arch       the other architectures, emulated: same tests, same bytes
## make test-cluster    the cluster that KUBECONFIG names
## make agreement       what check says against what podman and containerd do
## make torture         damaged logs, at random, for TORTURE_SECONDS
## make faults          each system call of each command fails, or meets a signal
## make fuzz            libFuzzer, FUZZ_SECONDS for each target
## make mutate          do the tests notice?  MUTANTS changes, one at a time
## make mutate-sample   two dozen of them, each by the test that is to notice
## make coverage        lines and branches that the tests run
## make bench           speed and memory against their peers
## make html            the manuals, in build/html/
## make lint            compilers, clang-tidy, cppcheck, shellcheck, layout
## make format          lay the C out as src/.clang-format says
## make compile_commands.json   for editors and clangd
## make release         build/release: archives of all architectures, checksums
## make deb             build/deb: the package unpackctl; test-deb: in chroots
## make test-release    what is in both, and whether they come out the same again
## make image           build/image: OCI layouts of unpack and unpackctl
## make clean           and distclean, which takes the libraries too
#
# Which objects a program links is written out below, on purpose.

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

UNPACK_OBJ = \
	$(B)/base/alloc.o \
	$(B)/base/array.o \
	$(B)/base/base64.o \
	$(B)/base/cpus.o \
	$(B)/base/workers.o \
	$(B)/base/digest.o \
	$(B)/base/io.o \
	$(B)/base/json.o \
	$(B)/base/msg.o \
	$(B)/base/number.o \
	$(B)/base/opt.o \
	$(B)/base/path.o \
	$(B)/base/out.o \
	$(B)/base/ranges.o \
	$(B)/base/result.o \
	$(B)/base/sandbox.o \
	$(B)/base/signals.o \
	$(B)/bundle/content.o \
	$(B)/bundle/finding.o \
	$(B)/bundle/mounts.o \
	$(B)/bundle/places.o \
	$(B)/bundle/report.o \
	$(B)/bundle/walk.o \
	$(B)/stream/encode.o \
	$(B)/stream/install.o \
	$(B)/stream/preflight.o \
	$(B)/stream/gzip.o \
	$(B)/stream/pipeout.o \
	$(B)/stream/stream.o \
	$(B)/stream/tarout.o \
	$(B)/unpack.o
UNPACK_LIBS = -larchive -ldeflate -lcjson -lmd -lm

CTL_OBJ = \
	$(B)/base/alloc.o \
	$(B)/base/array.o \
	$(B)/base/base64.o \
	$(B)/base/cpus.o \
	$(B)/base/workers.o \
	$(B)/base/digest.o \
	$(B)/base/io.o \
	$(B)/base/json.o \
	$(B)/base/msg.o \
	$(B)/base/names.o \
	$(B)/base/number.o \
	$(B)/base/opt.o \
	$(B)/base/out.o \
	$(B)/base/path.o \
	$(B)/base/progress.o \
	$(B)/base/ranges.o \
	$(B)/base/result.o \
	$(B)/base/sandbox.o \
	$(B)/base/signals.o \
	$(B)/base/program.o \
	$(B)/base/tempfile.o \
	$(B)/base/unicode.o \
	$(B)/base/term.o \
	$(B)/bundle/ci.o \
	$(B)/bundle/codes.o \
	$(B)/bundle/content.o \
	$(B)/bundle/finding.o \
	$(B)/bundle/mounts.o \
	$(B)/bundle/places.o \
	$(B)/bundle/report.o \
	$(B)/bundle/walk.o \
	$(B)/stream/encode.o \
	$(B)/stream/gzip.o \
	$(B)/stream/tarout.o \
	$(B)/log/decode.o \
	$(B)/log/deliver.o \
	$(B)/log/chars.o \
	$(B)/log/form.o \
	$(B)/log/logfile.o \
	$(B)/log/gather.o \
	$(B)/log/missing.o \
	$(B)/log/reason.o \
	$(B)/log/whole.o \
	$(B)/log/gunzip.o \
	$(B)/log/notes.o \
	$(B)/log/order.o \
	$(B)/log/outcome.o \
	$(B)/log/stamp.o \
	$(B)/log/target.o \
	$(B)/log/tarin.o \
	$(B)/log/witness.o \
	$(B)/image/batch.o \
	$(B)/image/fixes.o \
	$(B)/image/history.o \
	$(B)/image/image.o \
	$(B)/image/imageref.o \
	$(B)/image/decompress.o \
	$(B)/image/knownpath.o \
	$(B)/image/podstream.o \
	$(B)/image/predict.o \
	$(B)/image/measure.o \
	$(B)/image/extract.o \
	$(B)/image/fetch.o \
	$(B)/image/layers.o \
	$(B)/image/rootdir.o \
	$(B)/image/runtime.o \
	$(B)/image/sparse.o \
	$(B)/image/source.o \
	$(B)/image/store.o \
	$(B)/image/tarscan.o \
	$(B)/image/tree.o \
	$(B)/image/verdict.o \
	$(B)/image/verdictout.o \
	$(B)/psa/psa.o \
	$(B)/psa/psaout.o \
	$(B)/psa/psatable.o \
	$(B)/psa/psatext.o \
	$(B)/pod/files.o \
	$(B)/pod/lines.o \
	$(B)/pod/bundledeployment.o \
	$(B)/pod/manifest.o \
	$(B)/pod/name.o \
	$(B)/pod/placement.o \
	$(B)/pod/pod.o \
	$(B)/pod/podopts.o \
	$(B)/pod/reference.o \
	$(B)/pod/template.o \
	$(B)/pod/yaml.o \
	$(B)/cluster/kubectl.o \
	$(B)/cluster/http.o \
	$(B)/cluster/api.o \
	$(B)/cluster/repair.o \
	$(B)/cluster/podasked.o \
	$(B)/cluster/podfindings.o \
	$(B)/cluster/podjob.o \
	$(B)/cluster/podreap.o \
	$(B)/cluster/podwatch.o \
	$(B)/cluster/podstatus.o \
	$(B)/cluster/provision.o \
	$(B)/cmd/check.o \
	$(B)/cmd/check_pod.o \
	$(B)/cmd/completion.o \
	$(B)/cmd/explain.o \
	$(B)/cmd/extract.o \
	$(B)/cmd/pod.o \
	$(B)/cmd/run.o \
	$(B)/cmd/test.o \
	$(B)/unpackctl.o
CTL_LIBS = -larchive -ldeflate -lcjson -lmd -lyaml -lz -lzstd -lm

ROOMS = base bundle stream log image psa pod cluster cmd
HDR  := $(wildcard src/*.h $(ROOMS:%=src/%/*.h))
SRC  := $(wildcard src/*.c $(ROOMS:%=src/%/*.c))

# make is quiet; V=1 shows what it runs.
Q    = $(if $(V),,@)
SAY  = @$(if $(V),:,printf '  %-5s %s\n')
# each compilation notes the headers that it read, for the next one
DEPFLAGS = -MMD -MP

all: unpack unpackctl
help:
	@sed -n 's/^## //p' $(firstword $(MAKEFILE_LIST))
unpack: $(B)/unpack
unpackctl: $(B)/unpackctl

$(B)/unpack: $(UNPACK_OBJ)
	$(SAY) LINK $@
	$(Q)$(CC) $(HOUSE_LDFLAGS) $(LDFLAGS) -o $@ $(UNPACK_OBJ) \
	    $(HOUSE_LDLIBS) $(UNPACK_LIBS)

$(B)/unpackctl: $(CTL_OBJ)
	$(SAY) LINK $@
	$(Q)$(CC) $(HOUSE_LDFLAGS) $(LDFLAGS) -o $@ $(CTL_OBJ) \
	    $(HOUSE_LDLIBS) $(CTL_LIBS)

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

.PHONY: all help unpack unpackctl deps FORCE

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

# Licences and the list of what is linked: provenance DIRECTORY, then programs.
comma := ,
space := $(subst ,, )
commas = $(subst $(space),$(comma),$(strip $(1)))
provenance = VERSION='$(VERSION)' COMMIT='$(COMMIT)' \
	COMPILER='$(or $(GCC),gcc)' DOC='$(or $(DOC),share/doc/unpack)' \
	src/release/provenance.sh '$(1)' unpack-$(VERSION)-linux-$(ARCH) \
	$(D)/versions
linked_in = $(1)=$(call commas,$(LINKED_$(1)) libgcc)

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

# unpack-findings(7) comes from the table of codes.
manual: $(B)/unpackctl
	$(B)/unpackctl explain --manual >src/man/unpack-findings.7

# The manuals as HTML, in build/html/.
html:
	$(Q)mkdir -p build/html
	$(Q)for m in $(MAN1) $(MAN5) $(MAN7); do \
	    mandoc -Thtml -Oman=%N.%S.html,toc $$m >build/html/$${m##*/}.html \
	        || exit 1; \
	done
	$(SAY) HTML build/html/
.PHONY: html

# The root of the image that IMAGE names, unpack or unpackctl.
image-root: $(IMAGE)
	@rm -rf $(DESTDIR)
	@src/release/root.sh $(IMAGE) $(B) $(DESTDIR) $(STRIP)
	@$(call provenance,$(DESTDIR)) \
	    $(if $(filter unpackctl,$(IMAGE)),usr/bin/)$(call linked_in,$(IMAGE))
.PHONY: image-root

# --------------------------------------------------------------- releases
#
# Of the commit, not of what is not committed: always the same bytes, with the
# same packages of the same Debian.

# Where images are to be pulled from, and archives to be fetched from.  With
# REGISTRY, unpackctl names the unpack image there by its digest.  With
# SOURCE_URL, the images say where their source is.  Who releases this sets them
# and MAINTAINER, who is named in Debian's package: unpack-admin(7).
REGISTRY =
SOURCE_URL =
RELEASE_URL = https://example.com/unpack/releases/v$(VERSION)
MAINTAINER = The unpack maintainers <unpack@example.com>
STAGE_ENV = VERSION='$(VERSION)' COMMIT='$(COMMIT)' ARCHES='$(ARCHES)' \
	REGISTRY='$(REGISTRY)' RELEASE_URL='$(RELEASE_URL)' MAKE='$(MAKE)' \
	SOURCE_URL='$(SOURCE_URL)' MAINTAINER='$(MAINTAINER)'

stage:
	$(Q)$(STAGE_ENV) src/release/stage.sh build/stage
image: stage
	$(Q)$(STAGE_ENV) src/release/release.sh image build/stage build/image
release: stage
	$(Q)$(STAGE_ENV) src/release/release.sh archives build/stage build/release
# What is in them, and whether the source archive makes the same again: minutes.
test-release: all release image
	$(Q)TIMEOUT=3600 $(RUN) $(sort $(wildcard test/release/*.sh))
# Debian's package, of the release's source, and whether it is one: lintian,
# and Debian 12 and 13 in chroots of their own; in others the README's first
# command, from nothing: minutes.
deb: release
	$(Q)$(STAGE_ENV) src/release/deb.sh build/release build/deb
test-deb: deb
	$(Q)TIMEOUT=1800 $(RUN) $(sort $(wildcard test/deb/*.sh))
.PHONY: stage image release test-release deb test-deb

# Libraries and sources stay; distclean takes them too.
clean:
	rm -rf $(ROOMS:%=$(B)/%) $(B)/*.[od] $(B)/unpack $(B)/unpackctl $(B)/unit $(B)/lint
distclean:
	rm -rf build

.PHONY: manual install uninstall clean distclean

# ---------------------------------------------------------------- tests
#
# Unit tests and sanitizer builds use glibc and Debian's -dev packages: each
# test/unit/NAME.c is linked with what it needs of house.a, all modules.

UNIT_CC     = gcc
UNIT_CFLAGS = -Og -g -fsanitize=address,undefined -fno-sanitize-recover=all
U           = $(B)/unit
UNITS      := $(patsubst test/unit/%.c,%,$(wildcard test/unit/*.c))

UNIT_LIBS = -larchive -ldeflate -lcjson -lmd -lyaml -lz -lzstd -lm -lpthread

HOUSE_SRC := $(filter-out src/unpack.c src/unpackctl.c,$(SRC))

$(U)/%.o: src/%.c Makefile
	@mkdir -p $(@D)
	$(SAY) CC $@
	$(Q)$(UNIT_CC) $(HOUSE_CPPFLAGS:-I$(D)/include=) $(HOUSE_CFLAGS) \
	    $(UNIT_CFLAGS) $(DEPFLAGS) -c -o $@ $<

$(U)/house.a: $(HOUSE_SRC:src/%.c=$(U)/%.o)
	$(Q)rm -f $@
	$(Q)$(AR) rcs $@ $^
$(UNITS:%=$(U)/test_%): $(U)/test_%: test/unit/%.c test/unit/tap.h \
    test/unit/tarsum.h $(U)/house.a
	$(SAY) LINK $@
	$(Q)$(UNIT_CC) $(HOUSE_CPPFLAGS:-I$(D)/include=) $(HOUSE_CFLAGS) \
	    $(UNIT_CFLAGS) $(UNIT_FLAGS_$*) -o $@ $(filter %.c %.a,$^) $(UNIT_LIBS)

# ---------------------------------------------------------------- fuzzing
#
# make fuzz runs each target for FUZZ_SECONDS under libFuzzer; the seeds come
# from test/fuzz/seeds.py and test/fuzz/corpus, which has what fuzzing found to
# reach more than these, the smallest inputs for it (make fuzz-corpus).  The
# same targets, linked with replay.c, run both in every `make test`.

# FUZZ_RUNS ends a target after as many inputs.  With FUZZ_SANITIZE=undefined
# it is built without ASan, in a directory of its own.  So, on one core of a
# busy machine, inputs a second: mounts 95,000, manifest 58,000, image 30,000,
# layers 20,000, tarin 3,300, report 3,100, decode 1,900, gather 1,600,
# roundtrip 470.

FUZZ         = decode gather tarin roundtrip manifest image layers mounts \
	report
FUZZ_SECONDS = 300
FUZZ_CC      = clang
FUZZ_RUNS    = -1
FUZZ_SANITIZE = address,undefined
FUZZ_CFLAGS  = -O1 -g -DFUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION \
	$(FUZZ_SANITIZE:%=-fsanitize=%) -fno-sanitize-recover=all
F            = $(B)/fuzz$(if $(findstring address,$(FUZZ_SANITIZE)),,-quick)
# Bytes of an input: as many as the seeds need, or the time goes into length.
FUZZ_LEN_decode    = 4096
FUZZ_LEN_gather    = 4096
FUZZ_LEN_tarin     = 16384
FUZZ_LEN_roundtrip = 1024
FUZZ_LEN_manifest  = 4096
FUZZ_LEN_image     = 32768
FUZZ_LEN_layers    = 16384
FUZZ_LEN_mounts    = 2048
FUZZ_LEN_report    = 1024

$(F)/%.o: src/%.c Makefile
	@mkdir -p $(@D)
	$(SAY) CC $@
	$(Q)$(FUZZ_CC) $(HOUSE_CPPFLAGS:-I$(D)/include=) $(HOUSE_CFLAGS) \
	    $(FUZZ_CFLAGS) -fsanitize=fuzzer-no-link $(DEPFLAGS) -c -o $@ $<
$(F)/house.a: $(HOUSE_SRC:src/%.c=$(F)/%.o)
	$(Q)rm -f $@
	$(Q)$(AR) rcs $@ $^
$(FUZZ:%=$(F)/fuzz_%): $(F)/%: test/fuzz/%.c test/fuzz/fuzz.h \
    test/unit/tarsum.h $(F)/house.a
	$(SAY) LINK $@
	$(Q)$(FUZZ_CC) $(HOUSE_CPPFLAGS:-I$(D)/include=) $(HOUSE_CFLAGS) \
	    $(FUZZ_CFLAGS) $(FUZZ_FLAGS_$(@F:fuzz_%=%)) -fsanitize=fuzzer -o $@ \
	    $(filter %.c %.a,$^) $(UNIT_LIBS)
# Those that take tars; in front of it layers has a byte of its own.
$(F)/fuzz_image $(F)/fuzz_layers $(F)/fuzz_tarin: test/fuzz/mutate_tar.c
FUZZ_FLAGS_image  = -DFUZZ_TAR_AT=0
FUZZ_FLAGS_layers = -DFUZZ_TAR_AT=1
FUZZ_FLAGS_tarin  = -DFUZZ_TAR_AT=0
fuzz: $(FUZZ:%=fuzz-%)
$(FUZZ:%=fuzz-%): fuzz-%: $(F)/fuzz_%
	test/fuzz/seeds.py $* $(F)/seeds-$*
	mkdir -p $(F)/corpus-$*
	$(F)/fuzz_$* -max_total_time=$(FUZZ_SECONDS) -runs=$(FUZZ_RUNS) \
	    -max_len=$(FUZZ_LEN_$*) -timeout=20 \
	    -rss_limit_mb=1024 -close_fd_mask=3 -print_final_stats=1 \
	    $(addprefix -dict=,$(wildcard test/fuzz/dict/$*)) \
	    -artifact_prefix=$(CURDIR)/$(F)/ \
	    $(CURDIR)/$(F)/corpus-$* $(CURDIR)/$(F)/seeds-$* \
	    $(wildcard $(CURDIR)/test/fuzz/corpus/$*) >$(F)/$*.log 2>&1 || \
	    { tail -n 60 $(F)/$*.log; exit 1; }
	grep -E '^stat::(number_of_exec|average_exec)' $(F)/$*.log || \
	    tail -n 3 $(F)/$*.log

# After make fuzz: of each target, what reaches most beyond the seeds.
fuzz-corpus: $(FUZZ:%=$(F)/fuzz_%)
	test/fuzz/corpus.py $(F) $(FUZZ)

REPLAYS = $(FUZZ:%=$(U)/replay_%)
$(REPLAYS): $(U)/replay_%: test/fuzz/fuzz_%.c test/fuzz/replay.c \
    test/fuzz/fuzz.h $(U)/house.a
	$(SAY) LINK $@
	$(Q)$(UNIT_CC) $(HOUSE_CPPFLAGS:-I$(D)/include=) $(HOUSE_CFLAGS) \
	    $(UNIT_CFLAGS) -o $@ $(filter %.c %.a,$^) $(UNIT_LIBS)

.PHONY: fuzz fuzz-corpus $(FUZZ:%=fuzz-%)

# ---------------------------------------------------------------- torture
#
# What runtimes and kubelet do to a stream, at random, for a long time.

TORTURE_SECONDS = 1800
TORTURE_SEED    = 1000000
torture: all
	test/torture/torture.py --seed $(TORTURE_SEED) \
	    --seconds $(TORTURE_SECONDS) --keep $(B)/torture $(B)/unpackctl

.PHONY: torture

# ----------------------------------------------------------------- faults
#
# Each system call of each command fails once, memory among them, or SIGTERM
# comes meanwhile: what comes out is right, or nothing and an exit code that says
# so.  FAULTS: how many of them, at random.

FAULTS = 1000000
faults: all
	test/torture/faults.py --most $(FAULTS) $(B)/unpack $(B)/unpackctl

# The worst inputs known, with sizes doubled.
bench-worst: all
	python3 test/bench/worst.py $(B)/unpackctl

.PHONY: faults bench-worst

# -------------------------------------------------------------- agreement
#
# Does `unpackctl check` say what `unpack` finds in podman?  make test asks it
# of a handful of these images.

AGREEMENT = 300
agreement: all
	AGREEMENT=$(AGREEMENT) TIMEOUT=7200 $(RUN) test/container/check_agrees.sh

.PHONY: agreement

# ------------------------------------------------------------- what to run
#
# Shell tests, one behaviour a file: test/DIR/*.sh for each DIR.  Every target
# is one run of test/run, whose last line sums up.

# What unpack has today, up to the next page of 4,096 bytes, where it is measured:
# with Debian 12's compilers and libraries; 13's make it 13 KB larger on amd64.
# ppc64le: segments begin at pages of 64 KiB, an instruction has four bytes.
# arm64: such pages, too, and its text goes 1,184 bytes into the fourth.
DEBIAN := $(shell . /etc/os-release 2>/dev/null && echo $$VERSION_ID)
MAXSIZE_12_amd64   = 196608
MAXSIZE_12_arm64   = 266240
MAXSIZE_12_ppc64le = 294912
MAXSIZE_13_amd64   = 204800
MAXSIZE   = $(or $(MAXSIZE_$(DEBIAN)_$(ARCH)),$(MAXSIZE_12_$(ARCH)),229376)
TEST_DIRS = check cli image container fuzz
TESTS     = $(sort $(filter-out %/lib.sh,$(wildcard $(TEST_DIRS:%=test/%/*.sh))))
UNIT_PROGRAMS = $(UNITS:%=$(U)/test_%)
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

# Against the cluster that KUBECONFIG names, or ../shared/cluster/up starts;
# without one they are skipped.
test-cluster: all
	$(Q)test/cluster/on env JOBS=1 $(RUN) \
	    $(sort $(filter-out %/lib.sh,$(wildcard test/cluster/*.sh)))

# The command-line tests by emulation, but for those that chroot into a tree,
# look at the program's file or its system calls, let these fail, limit its
# memory or count its threads; and its streams against those of this machine's
# own program.
EMULATOR_amd64   = qemu-x86_64
EMULATOR_arm64   = qemu-aarch64
EMULATOR_ppc64le = qemu-ppc64le
EMULATOR_s390x   = qemu-s390x
EMULATOR         = $(EMULATOR_$(ARCH))
ARCHES           = amd64 arm64 ppc64le s390x
E                = $(B)/emulated
NOT_EMULATED     = %_installs.sh %_leaves_mounts_out.sh %_starts_threads.sh \
	%_survives.sh %_memory.sh %_shuts_doors.sh %/faults.sh %/demo.sh
test-arch: all
	$(Q)for a in $(filter-out $(HERE),$(ARCHES)); do \
	    $(MAKE) --no-print-directory ARCH=$$a test-emulated || exit 1; done
test-emulated: all $(E)/unpack $(E)/unpackctl
	$(Q)$(MAKE) --no-print-directory ARCH=$(HERE) all
	$(Q)$(RUN:test/run=) EMULATOR='$(EMULATOR)' \
	    OURS='$(CURDIR)/build/$(HERE)' THEIRS='$(CURDIR)/$(E)' \
	    test/run test/check/static.sh test/check/install.sh
	$(Q)$(RUN:test/run=) EMULATOR='$(EMULATOR)' \
	    OURS='$(CURDIR)/build/$(HERE)' \
	    UNPACK='$(CURDIR)/$(E)/unpack' UNPACKCTL='$(CURDIR)/$(E)/unpackctl' \
	    test/run $(sort $(wildcard test/arch/*.sh)) \
	    $(filter-out $(NOT_EMULATED),$(sort $(wildcard test/cli/$(T)*.sh)))
$(E)/%: Makefile
	@mkdir -p $(E)
	@printf '#!/bin/sh\nexec %s -0 "$$0" %s "$$@"\n' '$(EMULATOR)' \
	    '$(CURDIR)/$(B)/$*' >$@
	@chmod +x $@

.PHONY: check unit test test-cluster test-arch test-emulated

# The programs with ASan and UBSan, and the command-line tests (T: those that
# match) with them; the leak checker cannot work in the sandbox.
sanitized: $(U)/unpack $(U)/unpackctl
$(U)/unpack: $(UNPACK_OBJ:$(B)/%=$(U)/%)
	$(SAY) LINK $@
	$(Q)$(UNIT_CC) $(UNIT_CFLAGS) -o $@ $^ $(UNIT_LIBS)
$(U)/unpackctl: $(CTL_OBJ:$(B)/%=$(U)/%)
	$(SAY) LINK $@
	$(Q)$(UNIT_CC) $(UNIT_CFLAGS) -o $@ $^ $(UNIT_LIBS)
test-sanitized: sanitized
	$(Q)$(RUN:test/run=) UNPACK='$(CURDIR)/$(U)/unpack' SANITIZED=1 \
	    UNPACKCTL='$(CURDIR)/$(U)/unpackctl' ASAN_OPTIONS=detect_leaks=0 \
	    test/run $(patsubst %,test/%,$(filter cli/%,$(if $(T),$(MATCHES), \
	    $(TESTS:test/%=%))))
.PHONY: sanitized test-sanitized

# ------------------------------------------------------------- the tests' worth
#
# make mutate: a change at a time, of which the tests must notice 92 per cent
# (test/mutate/mutate.py says how; SEED draws others).  make mutate-sample:
# those in test/mutate/sample.tsv, each by the test named there.  make coverage:
# lines and branches that unit and command-line tests run; other users write
# their counts too: so an ACL.

MUTANTS = 400
SEED    = 1
mutate: $(D)/.done sanitized $(UNIT_PROGRAMS)
	$(Q)test/mutate/mutate.py --arch $(ARCH) --mutants $(MUTANTS) \
	    --seed $(SEED) build/mutate
mutate-sample: sanitized $(UNIT_PROGRAMS)
	$(Q)test/mutate/mutate.py --arch $(ARCH) --sample build/mutate-sample
COVERED = 85
V_DIR   = $(B)/coverage
V_FLAGS = -O0 -g --coverage -fprofile-update=atomic -DSANDBOX_OFF
coverage:
	$(Q)rm -rf $(V_DIR)
	$(Q)mkdir -p $(V_DIR)
	$(Q)setfacl -d -m u::rwX,g::rwX,o::rwX $(V_DIR)
	$(Q)$(MAKE) -s U='$(V_DIR)' UNIT_CFLAGS='$(V_FLAGS)' sanitized \
	    $(UNITS:%=$(V_DIR)/test_%)
	-$(Q)$(MAKE) -s U='$(V_DIR)' UNIT_CFLAGS='$(V_FLAGS)' test-sanitized unit
	$(Q)chmod -R a+rwX $(V_DIR)
	$(Q)test/coverage.py --lines $(COVERED) $(V_DIR)
.PHONY: mutate mutate-sample coverage

# the main job on a sample bundle, without a cluster
demo: $(B)/unpack
	$(Q)UNPACK='$(CURDIR)/$(B)/unpack' sh test/demo.sh
.PHONY: demo

# the session that README.md shows, drawn anew
picture: all
	$(Q)test/picture.py '$(B)/unpack' '$(B)/unpackctl' >$(B)/session.svg
	$(Q)mv $(B)/session.svg src/man/session.svg
.PHONY: picture

# ------------------------------------------------------------------ bench
#
# build/bench/table.md, scale.md, time.svg, memory.svg.  Takes long, some GB of
# disk and of memory, and a machine with nothing else to do; test/setup.sh bench
# installs what it wants.

N = build/bench
bench: all $(N)/measure $(N)/peer
	python3 test/bench/bench.py $(B)/unpack $(B)/unpackctl build/sources $(N)
	$(if $(ROWS),,python3 test/bench/scale.py $(N)/figures.json >$(N)/scale.md)
	$(if $(ROWS),,cat $(N)/scale.md)
$(N)/measure: test/bench/measure.c
	@mkdir -p $(N)
	$(CC) $(HOUSE_CPPFLAGS) $(HOUSE_CFLAGS) -O1 -static -o $@ $<
$(N)/peer: test/bench/peer.go
	@mkdir -p $(N)
	GO111MODULE=off CGO_ENABLED=0 GOCACHE='$(CURDIR)/$(N)/go' \
	    go build -o $@ $<
.PHONY: bench

# ------------------------------------------------------------------- lint
#
# Against glibc and the -dev packages, as the unit tests.

C_SRC    = $(SRC)
C_TEST  := $(wildcard test/*/*.c)
C_ALL    = $(C_SRC) $(HDR) $(C_TEST) $(wildcard test/*/*.h)
SH_ALL  := $(sort src/deps.sh src/complete/kubectl_complete-unpack test/run \
	test/cluster/on $(wildcard test/*.sh test/*/*.sh .ci/run))
LINT     = $(HOUSE_CPPFLAGS:-I$(D)/include=) $(HOUSE_CFLAGS)

lint: lint-format lint-gcc lint-clang lint-tidy lint-cppcheck lint-shell
lint-format:
	$(Q)clang-format --style=file:src/.clang-format --dry-run -Werror $(C_ALL)
lint-gcc lint-clang: lint-%:
	$(Q)for f in $(C_SRC) $(C_TEST); do \
	    $* $(LINT) -O2 -Werror -c -o /dev/null $$f || exit 1; done
lint-tidy:
	$(Q)printf '%s\n' $(C_SRC) | xargs -I{} -P2 clang-tidy --quiet \
	    --config-file=src/.clang-tidy {} -- $(LINT)
# varFuncNullUB: NULL is a pointer in both C libraries, and sentinel is checked
lint-cppcheck:
	$(Q)cppcheck --quiet --error-exitcode=1 --std=c11 --inline-suppr \
	    --suppress=varFuncNullUB \
	    --enable=warning,performance,portability -Isrc $(C_SRC)
lint-shell:
	$(Q)shellcheck -x -S warning $(SH_ALL)
format:
	$(Q)clang-format --style=file:src/.clang-format -i $(C_ALL)

# One entry a source file, against glibc and the -dev packages as lint.
compile_commands.json: Makefile test/compile_commands.py
	@test/compile_commands.py gcc $(LINT) -- $(C_SRC) $(C_TEST) >$@

.PHONY: lint lint-format lint-gcc lint-clang lint-tidy lint-cppcheck \
    lint-shell format

-include $(wildcard $(foreach d,$(B) $(U) $(F),$(d)/*.d $(d)/*/*.d))
