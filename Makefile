# unpack: build, check, install.  GNU make (Debian's make).
#
#   make            static musl programs in build/$(ARCH)/
#   make deps       only the libraries they are made of
#   make check      gates on the binaries, unit and command-line tests
#   make test       check, then everything that fits a CI run
#   make demo       the main job on a sample bundle
#   make install    PREFIX, DESTDIR
#
# Which objects a program links is written out below, on purpose.

VERSION = 0.1.0
ARCH   := $(shell dpkg --print-architecture 2>/dev/null || uname -m)
PREFIX  = /usr/local
B       = build/$(ARCH)
D       = $(B)/deps

CC      = musl-gcc
# nothing unwinds the stack in C: no tables for it
CFLAGS  = -Os -fno-asynchronous-unwind-tables -fno-unwind-tables
LDFLAGS = -static
STRIP   = strip
NM      = nm
READELF = readelf

# House flags stay apart, so that a packager's CFLAGS never drops a warning.
HOUSE_CPPFLAGS = -D_GNU_SOURCE -DVERSION=\"$(VERSION)\" -I$(D)/include
HOUSE_CFLAGS = -std=c11 \
	-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion \
	-Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition \
	-Wvla -Wformat=2 -Wundef -Wwrite-strings -Wcast-qual -Wpointer-arith \
	-Wimplicit-fallthrough -Wswitch-enum \
	-ffunction-sections -fdata-sections -fstack-protector-strong
HOUSE_LDFLAGS = -Wl,--gc-sections -Wl,-z,noexecstack -Wl,-z,relro,-z,now \
	-Wl,-z,noseparate-code -Wl,--build-id=none
HOUSE_LDLIBS = -L$(D)/lib

# ---------------------------------------------------------------- programs

UNPACK_OBJ = \
	$(B)/msg.o \
	$(B)/io.o \
	$(B)/digest.o \
	$(B)/finding.o \
	$(B)/cpus.o \
	$(B)/mounts.o \
	$(B)/walk.o \
	$(B)/tarout.o \
	$(B)/press.o \
	$(B)/envelope.o \
	$(B)/content.o \
	$(B)/report.o \
	$(B)/preflight.o \
	$(B)/stream.o \
	$(B)/install.o \
	$(B)/unpack.o
UNPACK_LIBS = -larchive -ldeflate -lcjson -lmd -lm

CTL_OBJ = \
	$(B)/msg.o \
	$(B)/io.o \
	$(B)/digest.o \
	$(B)/finding.o \
	$(B)/decode.o \
	$(B)/gunzip.o \
	$(B)/progress.o \
	$(B)/target.o \
	$(B)/gather.o \
	$(B)/tarin.o \
	$(B)/yaml.o \
	$(B)/reference.o \
	$(B)/pod.o \
	$(B)/podopts.o \
	$(B)/cmd_extract.o \
	$(B)/cmd_pod.o \
	$(B)/unpackctl.o
CTL_LIBS = -larchive -ldeflate -lcjson -lmd -lyaml -lz -lzstd -lm

HDR := $(wildcard src/*.h)

all: $(B)/unpack $(B)/unpackctl

$(B)/unpack: $(UNPACK_OBJ)
	$(CC) $(HOUSE_LDFLAGS) $(LDFLAGS) -o $@ $(UNPACK_OBJ) \
	    $(HOUSE_LDLIBS) $(UNPACK_LIBS)

$(B)/unpackctl: $(CTL_OBJ)
	$(CC) $(HOUSE_LDFLAGS) $(LDFLAGS) -o $@ $(CTL_OBJ) \
	    $(HOUSE_LDLIBS) $(CTL_LIBS)

$(B)/%.o: src/%.c $(HDR) Makefile $(D)/.done
	$(CC) $(HOUSE_CPPFLAGS) $(HOUSE_CFLAGS) $(CFLAGS) -c -o $@ $<

deps: $(D)/.done
$(D)/.done: src/deps.sh
	src/deps.sh $(ARCH) $(D)

clean:
	rm -rf build/$(ARCH)/*.o build/$(ARCH)/unpack build/$(ARCH)/unpackctl

.PHONY: all deps clean

# ---------------------------------------------------------------- tests
#
# Unit tests and sanitizer builds use glibc and Debian's -dev packages: each
# test/unit/NAME.c is linked with the modules that its UNIT_NAME names.

UNIT_CC     = gcc
UNIT_CFLAGS = -Og -g -fsanitize=address,undefined -fno-sanitize-recover=all
U           = $(B)/unit
UNITS       = msg io

UNIT_msg = msg
UNIT_io  = io

# reading a stream
UNITS      += decode
UNIT_decode = decode digest io

# YAML
UNITS    += yaml
UNIT_yaml = yaml msg io

UNIT_LIBS = -larchive -ldeflate -lcjson -lmd -lyaml -lz -lzstd -lm -lpthread

$(U)/%.o: src/%.c $(HDR) Makefile
	@mkdir -p $(U)
	$(UNIT_CC) $(HOUSE_CPPFLAGS:-I$(D)/include=) $(HOUSE_CFLAGS) \
	    $(UNIT_CFLAGS) -c -o $@ $<

.SECONDEXPANSION:
$(UNITS:%=$(U)/test_%): $(U)/test_%: test/unit/%.c test/unit/tap.h \
    $$(addprefix $(U)/,$$(addsuffix .o,$$(UNIT_$$*)))
	$(UNIT_CC) $(HOUSE_CPPFLAGS:-I$(D)/include=) $(HOUSE_CFLAGS) \
	    $(UNIT_CFLAGS) -Isrc -o $@ $(filter %.c %.o,$^) $(UNIT_LIBS)

unit: $(UNITS:%=$(U)/test_%)
	test/run $(UNITS:%=$(U)/test_%)
.PHONY: unit
