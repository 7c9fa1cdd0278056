# crosstap - what did each hop do to the packets?   GNU make.
#
#   make            build/bin/{crosstap,crosstap-collect,crosstap-correlate,crosstap-report}
#   make demo       install what is missing, build, run the main job on samples/
#   make check      the same, and all tests
#   make check-long the tests that take minutes more
#   make asan       the tests under AddressSanitizer and UBSan
#   make fuzz-quick fuzz targets under libFuzzer, FUZZ_SECONDS=60 each (installs clang)
#   make cover      which lines of collect/ the tests run, in minutes
#   make bench      speed and memory, goals and figures, in minutes; bench-full: the big cases, too
#   make screenshots  the README's pictures of the page
#   make deps       only install what is missing (Debian, root or sudo)
#   make install    programs, man pages and completions below $(DESTDIR)$(PREFIX)
#   make uninstall  removes what that installed, and nothing else
#   make deb        $(BUILD)/crosstap_VERSION_ARCH.deb
# What a packager sets: CC CFLAGS CPPFLAGS LDFLAGS, DESTDIR, PREFIX and the folders below it (BINDIR,
# MANDIR, ...); V=1 shows the commands.

CC ?= cc
CFLAGS ?= -O2 -g
PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
DATADIR ?= $(PREFIX)/share
MANDIR ?= $(DATADIR)/man
DOCDIR ?= $(DATADIR)/doc/crosstap
BASHDIR ?= $(DATADIR)/bash-completion/completions
ZSHDIR ?= $(DATADIR)/zsh/site-functions
SQLDIR ?= $(DATADIR)/crosstap/clickhouse
INSTALL ?= install
BUILD ?= build
VERSION = 0.1.0

WARNINGS = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
	   -Wvla -Wformat=2 -Wno-unused-parameter
ALL_CFLAGS = -std=c17 $(WARNINGS) $(CFLAGS) -pthread
ALL_CPPFLAGS = -I. -D_GNU_SOURCE -DCROSSTAP_VERSION='"$(VERSION)"' $(CPPFLAGS)
LDLIBS = -lpcap -ltrace -llmdb -larchive -lnettle -lcsv -lseccomp -lm

ifneq ($(V),1)
Q = @
say = @printf '  %-5s %s\n' $(1) $(2);
endif

TOOLS = crosstap crosstap-collect crosstap-correlate crosstap-report
BINS = $(TOOLS:%=$(BUILD)/bin/%)

# Every folder's .c files but its programs make the folder's library.
PROGRAMS = collect/crosstap-collect.c correlate/crosstap-correlate.c \
	   report/crosstap-report.c report/crosstap.c
COLLECT = $(filter-out $(PROGRAMS),$(wildcard collect/*.c))
CORRELATE = $(filter-out $(PROGRAMS),$(wildcard correlate/*.c))
REPORT = $(filter-out $(PROGRAMS),$(wildcard report/*.c))
object = $(patsubst %.c,$(BUILD)/%.o,$(1))
LIBCOLLECT = $(call object,$(COLLECT))
LIBCORRELATE = $(call object,$(CORRELATE)) $(LIBCOLLECT)
LIBREPORT = $(call object,$(REPORT)) $(BUILD)/report/page_assets.o $(LIBCORRELATE)

UNITS = $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(wildcard tests/unit/*.c))
BENCHES = $(patsubst tests/bench/%.c,$(BUILD)/bench/%,$(wildcard tests/bench/*.c))
LABS = $(patsubst tests/lab/%.c,$(BUILD)/lab/%,$(wildcard tests/lab/*.c))
# Fuzz targets: each gets a main() of libFuzzer's, or one that replays files.
TARGETS = $(patsubst tests/fuzz/%.c,%,$(filter-out tests/fuzz/replay.c tests/fuzz/seeds.c,$(wildcard tests/fuzz/*.c)))
FUZZERS = $(TARGETS:%=$(BUILD)/fuzz/%) $(BUILD)/fuzz/seeds

.PHONY: all
all: $(BINS)

$(BUILD)/bin/crosstap-collect: $(BUILD)/collect/crosstap-collect.o $(LIBCOLLECT)
$(BUILD)/bin/crosstap-correlate: $(BUILD)/correlate/crosstap-correlate.o $(LIBCORRELATE)
$(BUILD)/bin/crosstap-report: $(BUILD)/report/crosstap-report.o $(LIBREPORT)
$(BUILD)/bin/crosstap: $(BUILD)/report/crosstap.o $(LIBREPORT)
$(BINS):
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# The tests' own code is compiled the quick way, without sanitizers: what is tested has them.
TEST_CFLAGS ?= -O0 -g
$(BUILD)/tests/unit/%.o: tests/unit/%.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(ALL_CPPFLAGS) -std=c17 $(WARNINGS) $(TEST_CFLAGS) -pthread -MMD -MP -c -o $@ $<

# The page's style sheet and script are part of the program.
$(BUILD)/report/page_assets.o: report/page_assets.S report/page.css report/page.js
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(ALL_CFLAGS) -c -o $@ $<

# What test, bench and lab programs take what they need from: linking each with all of it took minutes.
LIBRARY = $(BUILD)/libcrosstap.a
$(LIBRARY): $(LIBREPORT)
	$(Q)rm -f $@
	$(call say,AR,$@)
	$(Q)$(AR) rcs $@ $^

# Test, bench, lab and fuzz programs: one .c each; bump has a folder besides.
.PHONY: units benches labs fuzzers
units: $(UNITS)
benches: $(BENCHES)
labs: $(LABS)
fuzzers: $(FUZZERS)
$(BUILD)/tests/%: $(BUILD)/tests/unit/%.o $(LIBRARY)
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)
$(BUILD)/bench/%: $(BUILD)/tests/bench/%.o $(LIBRARY)
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)
$(BUILD)/lab/bump: $(call object,$(wildcard tests/lab/bump/*.c))
$(BUILD)/lab/%: $(BUILD)/tests/lab/%.o $(LIBRARY)
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)
FUZZ_MAIN ?= $(BUILD)/tests/fuzz/replay.o
$(BUILD)/fuzz/seeds: $(BUILD)/tests/fuzz/seeds.o $(LIBRARY)
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)
$(BUILD)/fuzz/%: $(BUILD)/tests/fuzz/%.o $(FUZZ_MAIN) $(LIBRARY)
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(FUZZ_LINK) $(LDLIBS)
# What goes wrong in tests/faults.sh; not linked with anything of ours.
labs: $(BUILD)/lab/fault.so
$(BUILD)/lab/fault.so: tests/faults/fault.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) -D_GNU_SOURCE -std=c17 $(WARNINGS) -fno-builtin -O1 -g -shared -fPIC -o $@ $<
.SECONDARY:

# `make deps` asks the package system first and installs only what is missing.
.PHONY: deps test-deps
deps:
	@tests/deps build
test-deps:
	@tests/deps test $(BUILD)

# What is installed must be there before the build is parsed again, hence $(MAKE).
.PHONY: demo check check-long test asan fuzz-quick cover bench bench-full screenshots
demo: deps
	@$(MAKE) --no-print-directory all
	@samples/demo $(BUILD)/bin

check: test-deps
	@$(MAKE) --no-print-directory test

test: all units labs fuzzers $(BUILD)/bench/generate
	@tests/run $(BUILD)

check-long: test-deps
	@$(MAKE) --no-print-directory all units labs fuzzers
	@tests/long $(BUILD)

asan:
	@$(MAKE) --no-print-directory BUILD=$(BUILD)/asan test \
		CFLAGS='-O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined'

# Without clang it says so and skips.
FUZZ_SECONDS ?= 60
fuzz-quick: deps
	-@tests/deps fuzz
	+@tests/fuzz/run $(BUILD) $(FUZZ_SECONDS)

cover: test-deps
	+@tests/cover $(BUILD) 90

bench: deps
	@$(MAKE) --no-print-directory all benches
	@tests/bench/run $(BUILD)

bench-full: deps
	@$(MAKE) --no-print-directory all benches
	@tests/bench/run $(BUILD) full

screenshots: test-deps
	@$(MAKE) --no-print-directory all
	@samples/screenshots $(BUILD)/bin

# `install -D` makes the folders that are missing, and leaves the modes of others alone. bash looks
# for a file of each program's name.
MAN1 = collect/crosstap-collect.1 correlate/crosstap-correlate.1 \
       report/crosstap-report.1 report/crosstap.1
MAN7 = report/crosstap.7
DOCS = README.md LICENSE
CLICKHOUSE = report/clickhouse/run $(wildcard report/clickhouse/*.sql)
INSTALLED = $(TOOLS:%=$(BINDIR)/%) $(patsubst %,$(MANDIR)/man1/%,$(notdir $(MAN1))) \
	    $(patsubst %,$(MANDIR)/man7/%,$(notdir $(MAN7))) $(DOCS:%=$(DOCDIR)/%) \
	    $(TOOLS:%=$(BASHDIR)/%) $(ZSHDIR)/_crosstap \
	    $(CLICKHOUSE:report/clickhouse/%=$(SQLDIR)/%)

.PHONY: install uninstall deb
install: all
	$(call say,INST,"$(DESTDIR)$(PREFIX)")
	$(Q)$(INSTALL) -D -m 755 -t "$(DESTDIR)$(BINDIR)" $(BINS)
	$(Q)$(INSTALL) -D -m 644 -t "$(DESTDIR)$(MANDIR)/man1" $(MAN1)
	$(Q)$(INSTALL) -D -m 644 -t "$(DESTDIR)$(MANDIR)/man7" $(MAN7)
	$(Q)$(INSTALL) -D -m 644 -t "$(DESTDIR)$(DOCDIR)" $(DOCS)
	$(Q)$(INSTALL) -D -m 644 report/completion.zsh "$(DESTDIR)$(ZSHDIR)/_crosstap"
	$(Q)$(INSTALL) -D -m 644 report/completion.bash "$(DESTDIR)$(BASHDIR)/crosstap"
	$(Q)$(INSTALL) -D -m 644 -t "$(DESTDIR)$(SQLDIR)" $(filter %.sql,$(CLICKHOUSE))
	$(Q)$(INSTALL) -D -m 755 report/clickhouse/run "$(DESTDIR)$(SQLDIR)/run"
	$(Q)for tool in $(filter-out crosstap,$(TOOLS)); do \
		ln -sf crosstap "$(DESTDIR)$(BASHDIR)/$$tool" || exit; done

uninstall:
	$(call say,RM,"$(DESTDIR)$(PREFIX)")
	$(Q)for file in $(INSTALLED); do rm -f "$(DESTDIR)$$file" || exit; done
	$(Q)for folder in "$(DESTDIR)$(DOCDIR)" "$(DESTDIR)$(SQLDIR)" "$(DESTDIR)$(DATADIR)/crosstap"; do \
		[ ! -d "$$folder" ] || rmdir --ignore-fail-on-non-empty "$$folder" || exit; done

# With Debian's own flags, hence in a folder of its own.
deb:
	@tests/deps deb
	+@.debian/build $(BUILD) $(VERSION)

.PHONY: clean
clean:
	rm -rf $(BUILD)

-include $(shell test -d $(BUILD) && find $(BUILD) -name '*.d')
