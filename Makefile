# mlwatch. "make help" says what there is.
#
# Three builds of the same sources: release (build/mlwatch), sanitized (build/san/mlwatch; what the tests run) and,
# for fuzzing, clang's (build/fuzz). Sources, tests and tools are found by folder: a new file needs no line here.

CC      ?= cc
PKGS    := libuv libcurl sqlite3 gsl jansson yaml-0.1 libpcre2-8 libmicrohttpd ncursesw zlib
VERSION := $(shell cat VERSION)
PREFIX  ?= /usr/local
DESTDIR ?=
SUITES  ?= ../shared

JOBS := $(shell nproc 2>/dev/null || echo 2)
# A make without -j that calls itself uses every processor.
AGAIN = $(MAKE) --no-print-directory $(if $(findstring -j,$(MAKEFLAGS)),,-j$(JOBS))

# make V=1 shows whole command lines
V ?= 0
Q_0 = @echo '  $(1) $@';
Q = $(call Q_$(V),$(1))

ifneq ($(MAKECMDGOALS),clean)
PKG_CFLAGS := $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
PKG_LIBS   := $(shell pkg-config --libs $(PKGS) 2>/dev/null)
endif

WARN     := -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion -Wno-missing-field-initializers
WERROR   ?=
OPT      ?= -O2 -g
BASE     := -std=c11 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -DMLWATCH_VERSION='"$(VERSION)"' -Iinclude $(PKG_CFLAGS) $(WARN)
REL_FLAGS := $(BASE) $(OPT) $(WERROR) -fstack-protector-strong -fPIE
SAN_FLAGS := $(BASE) -O1 -g $(WERROR) -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
FUZZ_FLAGS := $(BASE) -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined
LIBS     := $(PKG_LIBS) -lm -lpthread
# Looking a function up at its first call leaves copies of the vector registers on the stack, with the secret in them that was copied last.
LINK_NOW := -Wl,-z,relro,-z,now

LIB_SRC  := $(sort $(wildcard src/*/*.c src/*/*/*.c ui/*.c))
MAIN_SRC := src/main.c

REL_OBJ  := $(LIB_SRC:%.c=build/rel/%.o)
SAN_OBJ  := $(LIB_SRC:%.c=build/san/%.o)
FUZZ_OBJ := $(LIB_SRC:%.c=build/fuzz/obj/%.o)
UNIT     := $(patsubst tests/unit/%.c,build/tests/%,$(wildcard tests/unit/test_*.c))
TOOLS    := $(patsubst tests/conformance/%.c,build/tests/%,$(wildcard tests/conformance/*.c)) \
            $(patsubst tests/tools/%.c,build/tests/%,$(wildcard tests/tools/*.c))
BENCH    := $(patsubst tests/bench/%.c,build/bench/%,$(wildcard tests/bench/*.c))
FUZZ     := $(patsubst tests/fuzz/%.c,build/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))

.PHONY: all programs test unit integration demo bench conformance conformance-record lint install clean help deps fuzz demo-programs san
.DELETE_ON_ERROR:
.SECONDARY:

all: build/mlwatch
	@:

help:
	@sed -n 's/^## //p' Makefile

## make               build/mlwatch
build/mlwatch: build/rel/src/main.o build/libmlwatch.a
	$(call Q,LINK)$(CC) $(REL_FLAGS) -pie $(LINK_NOW) -o $@ $^ $(LIBS) $(LDFLAGS)
build/libmlwatch.a: $(REL_OBJ)
	@rm -f $@; ar rcs $@ $^
build/rel/%.o: %.c VERSION
	@mkdir -p $(@D)
	$(call Q,CC  )$(CC) $(REL_FLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# Manual pages that are part of the program.
$(addsuffix /src/cmd/topic.o,build/rel build/san build/fuzz/obj): docs/configuration.md contrib/man/mlwatch-rules.5 contrib/man/mlwatch-series.7

san: build/san/mlwatch
build/san/mlwatch: build/san/src/main.o build/libmlwatch-san.a
	$(call Q,LINK)$(CC) $(SAN_FLAGS) -o $@ $^ $(LIBS)
build/libmlwatch-san.a: $(SAN_OBJ)
	@rm -f $@; ar rcs $@ $^
build/san/%.o: %.c VERSION
	@mkdir -p $(@D)
	$(call Q,CC  )$(CC) $(SAN_FLAGS) -MMD -MP -c -o $@ $<

build/tests/%: tests/unit/%.c build/libmlwatch-san.a
	@mkdir -p $(@D)
	$(call Q,LINK)$(CC) $(SAN_FLAGS) -Itests -MMD -MP -o $@ $< build/libmlwatch-san.a -lcmocka $(LIBS)
build/tests/%: tests/conformance/%.c build/libmlwatch.a
	@mkdir -p $(@D)
	$(call Q,LINK)$(CC) $(REL_FLAGS) -Itests -MMD -MP -o $@ $< build/libmlwatch.a $(LIBS)
build/tests/%: tests/tools/%.c build/libmlwatch.a
	@mkdir -p $(@D)
	$(call Q,LINK)$(CC) $(REL_FLAGS) -Itests -MMD -MP -o $@ $< build/libmlwatch.a $(LIBS)
build/bench/%: tests/bench/%.c build/libmlwatch.a
	@mkdir -p $(@D)
	$(call Q,LINK)$(CC) $(REL_FLAGS) -Itests -MMD -MP -o $@ $< build/libmlwatch.a $(LIBS)
build/fuzz/%: tests/fuzz/%.c build/fuzz/lib.a
	@mkdir -p $(@D)
	$(call Q,LINK)clang $(FUZZ_FLAGS) -fsanitize=fuzzer -Itests -MMD -MP -o $@ $< build/fuzz/lib.a $(LIBS)
build/fuzz/lib.a: $(FUZZ_OBJ)
	@rm -f $@; ar rcs $@ $^
build/fuzz/obj/%.o: %.c VERSION
	@mkdir -p $(@D)
	$(call Q,CC  )clang $(FUZZ_FLAGS) -fsanitize=fuzzer-no-link -MMD -MP -c -o $@ $<

## make test          installs what is missing, builds, passes all tests (sanitized)
deps:
	@sh contrib/bootstrap.sh deps
test:
	@sh contrib/bootstrap.sh deps test
	+@$(AGAIN) all san programs demo-programs
	@sh tests/run.sh
programs: $(UNIT) $(TOOLS)
unit: $(UNIT) build/tests/make_store
	@sh tests/run.sh unit
integration: build/mlwatch build/san/mlwatch $(TOOLS) demo-programs
	@sh tests/run.sh integration

## make demo          installs what is missing, builds, shows the main job
demo: deps
	+@$(AGAIN) all demo-programs
	@sh contrib/demo/demo.sh
demo-programs: $(patsubst contrib/demo/%.c,build/demo/%,$(wildcard contrib/demo/*.c)) build/tests/catcher
	@:
build/demo/%: contrib/demo/%.c build/libmlwatch.a
	@mkdir -p $(@D)
	$(call Q,LINK)$(CC) $(REL_FLAGS) -MMD -MP -o $@ $< build/libmlwatch.a $(LIBS)

## make bench         prints figures
bench: build/mlwatch $(BENCH) $(TOOLS)
	@sh tests/bench/run.sh

## make conformance   runs the outside suites of SUITES=DIR (../shared where it exists); counts may only rise
conformance: build/mlwatch $(TOOLS)
	@sh tests/conformance/run.sh $(SUITES)
conformance-record: build/mlwatch $(TOOLS)
	@RECORD=1 sh tests/conformance/run.sh $(SUITES)

## make lint          clang-format, cppcheck, a clang build with -Werror
lint:
	@sh tests/lint.sh

## make fuzz          builds the fuzz targets; FUZZ_SECONDS=600 runs each that long
FUZZ_SECONDS ?= 0
fuzz: $(FUZZ)
	@sh tests/fuzz/run.sh $(FUZZ_SECONDS)

## make install       DESTDIR= PREFIX=/usr/local
install: build/mlwatch
	sh contrib/install.sh "$(DESTDIR)" "$(PREFIX)"

clean:
	rm -rf build

-include $(REL_OBJ:.o=.d) $(SAN_OBJ:.o=.d) $(FUZZ_OBJ:.o=.d) build/rel/src/main.d build/san/src/main.d $(wildcard build/tests/*.d build/bench/*.d build/demo/*.d build/fuzz/*.d)
