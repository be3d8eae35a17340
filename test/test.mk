# Tests beyond `make test`, and what looks at the source.
#
## make test-sanitized  the command-line tests with ASan and UBSan
## make test-threads    gzip's threads with TSan
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
## make lint            compilers, clang-tidy, cppcheck, shellcheck, layout
## make format          lay the C out as src/.clang-format says
## make compile_commands.json   for editors and clangd

# ------------------------------------------------------------------- unit
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
UNIT_PROGRAMS = $(UNITS:%=$(U)/test_%)

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
	report http podstatus podasked form findings
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
FUZZ_LEN_form      = 4096
FUZZ_LEN_http      = 2048
FUZZ_LEN_podstatus = 8192
FUZZ_LEN_podasked  = 1024
FUZZ_LEN_findings  = 1024

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

# Against the cluster that KUBECONFIG names, or ../shared/cluster/up starts;
# without one they are skipped.  CLUSTER: which of them.
CLUSTER = *
test-cluster: all
	$(Q)test/cluster/on env JOBS=1 $(RUN) $(sort $(filter-out \
	    %/lib.sh,$(wildcard $(CLUSTER:%=test/cluster/%.sh))))

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
NOT_EMULATED     = %_installs.sh %_leaves_mounts_out.sh %_starts_threads.sh \
	%_survives.sh %_memory.sh %_shuts_doors.sh %/faults.sh %/demo.sh
test-arch: all
	$(Q)for a in $(filter-out $(HERE),$(ARCHES)); do \
	    $(MAKE) --no-print-directory ARCH=$$a test-emulated || exit 1; done
test-emulated: all
	$(Q)$(MAKE) --no-print-directory ARCH=$(HERE) all
	$(Q)$(RUN:test/run=) EMULATOR='$(EMULATOR)' \
	    OURS='$(CURDIR)/build/$(HERE)' \
	    test/run test/check/static.sh test/check/install.sh
	$(Q)$(RUN:test/run=) EMULATOR='$(EMULATOR)' EMULATE=yes \
	    OURS='$(CURDIR)/build/$(HERE)' \
	    UNPACK='$(CURDIR)/$(B)/unpack' UNPACKCTL='$(CURDIR)/$(B)/unpackctl' \
	    test/run $(sort $(wildcard test/arch/*.sh)) \
	    $(filter-out $(NOT_EMULATED),$(sort $(wildcard test/cli/$(T)*.sh)))

.PHONY: test-cluster test-arch test-emulated

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
# gzip's threads with ThreadSanitizer, which has a thread of its own.
test-threads:
	$(Q)$(MAKE) -s U='$(B)/threads' T=cli/unpack_works_on_threads \
	    UNIT_CFLAGS='-Og -g -fsanitize=thread -DSANDBOX_OFF' test-sanitized
.PHONY: sanitized test-sanitized test-threads

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

# the session that README.md shows, drawn anew
picture: all
	$(Q)test/picture.py '$(B)/unpack' '$(B)/unpackctl' >$(B)/session.svg
	$(Q)mv $(B)/session.svg src/man/session.svg
.PHONY: picture

# ------------------------------------------------------------------ bench
#
# build/bench/table.md.  Takes long, some GB of disk and of memory, and a machine
# with nothing else to do; test/setup.sh bench installs what it wants.  The peer
# is built by the newest Go that is installed, or by GO=/path/to/go.

N = build/bench
GO ?= $(or $(shell ls -d /usr/lib/go-*/bin/go 2>/dev/null | sort -V | \
	tail -n 1),go)
bench: all $(N)/measure $(N)/peer
	python3 test/bench/bench.py $(B)/unpack $(B)/unpackctl $(N)
$(N)/measure: test/bench/measure.c
	@mkdir -p $(N)
	$(CC) $(HOUSE_CPPFLAGS) $(HOUSE_CFLAGS) -O1 -static -o $@ $<
$(N)/peer: test/bench/peer.go FORCE
	@mkdir -p $(N)
	'$(GO)' version >$(N)/go-version
	GO111MODULE=off CGO_ENABLED=0 GOCACHE='$(CURDIR)/$(N)/go' \
	    '$(GO)' build -o $@ $<
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
