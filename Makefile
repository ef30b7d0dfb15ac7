# The one entry point: each target is a script that has a --help.
# Variables: LINUX= a tree or tarball of Linux 6.12.y as the base, ACCEL=auto|kvm|tcg,
# BUILD= where built things go, ARCH= another architecture for kernel, shell, compare and
# check, ONLY= steps and TESTS= programs for check, ONLY= architectures and BISECT=1 for
# check-arch, NAME= for kernel, COMMITS= for bisect, CLOCK=wall for bench, CONFIG= for deb,
# KERNEL= for compare, LONG=1 too, MINUTES=, SEED= and KERNEL= for stress, NODEPS=1 to
# install nothing (scripts/deps --help), V=1 shows all output.

export LINUX ACCEL BUILD ARCH V ONLY TESTS CONFIG NODEPS

# Steps share the tree and the machine, and each uses all processors by itself.
.NOTPARALLEL:

help:
	@echo 'make run      everything that is missing, then the demo in the guest'
	@echo 'make shell    an interactive shell in the same guest'
	@echo 'make check    all tests; ONLY=PATTERN the steps that match (scripts/check --help)'
	@echo 'make docs     the documentation, as web pages in build/docs'
	@echo 'make kunit    the KUnit tests in User-mode Linux, the quick loop'
	@echo 'make model    verify the models and litmus tests of the interface'
	@echo 'make compare  the same programs on vanilla and on the patched kernel, and once more with'
	@echo '              an engine on every task: 0 differences each; KERNEL=debug: once, on the'
	@echo '              debug kernel, in two hours; LONG=1: lldb and the like, too;'
	@echo '              scripts/compare --help has more'
	@echo 'make check-arch  compile for every architecture with a compiler; ONLY="alpha arm";'
	@echo '              BISECT=1: instead, what each commit changes, for four of them'
	@echo 'make arch-table  write the table of architectures in README.md anew'
	@echo 'make deb      Debian packages of a kernel, and a guest that boots them, which needs'
	@echo '              root (scripts/deb --no-boot: only the packages)'
	@echo 'make stress   a storm of tasks, tracers and engines; MINUTES=10 SEED= KERNEL=debug'
	@echo 'make limits   10,000 tracees, 64 engines on a task, a tracer that dies: time and memory'
	@echo 'make kcsan    the selftests and stress on a kernel that looks for data races'
	@echo 'make coverage lines and branches of the series that its tests reach'
	@echo 'make bench    what it costs, in instructions; writes the tables and charts of the documents'
	@echo '              CLOCK=wall: nanoseconds, under KVM; writes none'
	@echo 'make tree     assemble the kernel tree in build/linux'
	@echo 'make series   complete patches for git am and quilt, in build/series'
	@echo 'make refresh  rewrite patches/ and the copied folders from the commits in build/linux'
	@echo 'make bisect   build every commit of the series; COMMITS="1 5" (or all) are booted too'
	@echo 'make kernel   build the kernel (NAME=plain, debug, kcsan, gcov, lockstat, vanilla)'
	@echo 'make deps     install what the steps need; most do that first'
	@echo 'make clean    remove build/, unless work in build/linux would be lost'

run refresh deps clean:
	@scripts/$@

check: deps
	@scripts/check
	$(if $(ONLY),@scripts/figures)

# These two are for people with a tree of their own, too.
tree:
	@scripts/deps --tree
	@scripts/tree

series:
	@command -v git >/dev/null || scripts/deps git
	@scripts/series

compare: deps tree
	@scripts/compare $(if $(KERNEL),--kernel $(KERNEL)) $(if $(LONG),--long)
	@scripts/arch-table
	$(if $(KERNEL)$(filter-out x86_64,$(ARCH)),,@scripts/compare --again --shadow)

model: deps
	@scripts/model
	@scripts/figures

check-arch: deps tree
	@scripts/deps --arch
	$(if $(BISECT),@scripts/check-arch --bisect $(ONLY),@scripts/check-arch $(ONLY); \
		status=$$?; scripts/arch-table && exit $$status)

arch-table: tree
	@scripts/arch-table

deb: deps tree
	@scripts/deps --deb
	@scripts/deb

kunit: deps tree
	@scripts/kunit

docs htmldocs: deps tree
	@scripts/docs

bench: deps tree
	@scripts/deps --bench
	@for name in vanilla plain $(if $(filter wall,$(CLOCK)),,vanilla-lockstat lockstat); do scripts/kernel $$name || exit 1; done
	@CLOCK=$(CLOCK) scripts/bench

shell: deps tree
	@scripts/kernel plain
	@scripts/guest shell --debug-tools --mem 768M

kernel: deps tree
	@scripts/kernel $(or $(NAME),plain)

stress: deps tree
	@scripts/deps stress-ng
	@scripts/kernel $(or $(KERNEL),debug)
	@scripts/stress $(if $(MINUTES),--minutes $(MINUTES)) $(if $(SEED),--seed $(SEED)) --kernel $(or $(KERNEL),debug)
	@scripts/figures

limits: deps tree
	@scripts/check limits
	@scripts/figures

kcsan: deps tree
	@scripts/check kcsan
	@scripts/figures

coverage: deps tree
	@scripts/deps lcov
	@scripts/coverage
	@scripts/figures

bisect: deps tree
	@scripts/bisect $(COMMITS)

.PHONY: help run check compare tree series refresh deps model kunit check-arch arch-table deb docs htmldocs shell kernel stress limits kcsan coverage bisect clean bench
