// SPDX-License-Identifier: GPL-2.0-only
/*
 * A plugin for QEMU: how often was each instruction of the kernel executed?
 *
 *	-plugin profile.so,out=FILE
 *
 * FILE gets a line "ADDRESS COUNT" for each address, with 16 digits in hexadecimal.
 * All of user space counts as address 0.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is used of qemu-plugin.h, which Debian has in no package. */
struct qemu_plugin_tb;
struct qemu_plugin_insn;

enum { INLINE_ADD_U64 };

size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *
qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *insn,
						int op, void *ptr,
						uint64_t value);
void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id,
					   void (*cb)(uint64_t id,
						      struct qemu_plugin_tb *tb));
void qemu_plugin_register_atexit_cb(uint64_t id,
				    void (*cb)(uint64_t id, void *data),
				    void *data);

__attribute__((visibility("default"))) int qemu_plugin_version = 1;

/* Addresses and their counts; grows by a factor when half full. */
struct counter {
	uint64_t address;
	uint64_t count;
};

static struct counter **table;
static size_t size, used;
static struct counter user;
static char *file;

static struct counter **find(struct counter **in, size_t in_size,
			     uint64_t address)
{
	size_t i = address * 0x9e3779b97f4a7c15ULL >> 20;

	for (i %= in_size; in[i] && in[i]->address != address;
	     i = (i + 1) % in_size)
		;
	return &in[i];
}

static void *zalloc(size_t number, size_t bytes)
{
	void *memory = calloc(number, bytes);

	if (!memory)
		abort();
	return memory;
}

static void grow(void)
{
	size_t i, new_size = size ? size * 4 : 1 << 16;
	struct counter **new = zalloc(new_size, sizeof(*new));

	for (i = 0; i < size; i++)
		if (table[i])
			*find(new, new_size, table[i]->address) = table[i];
	free(table);
	table = new;
	size = new_size;
}

static struct counter *counter_of(uint64_t address)
{
	struct counter **slot;

	if (address < 1ULL << 63)
		return &user;
	if (used * 2 >= size)
		grow();
	slot = find(table, size, address);
	if (!*slot) {
		*slot = zalloc(1, sizeof(**slot));
		(*slot)->address = address;
		used++;
	}
	return *slot;
}

static void translated(uint64_t id, struct qemu_plugin_tb *tb)
{
	size_t i, n = qemu_plugin_tb_n_insns(tb);

	for (i = 0; i < n; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		struct counter *counter;

		counter = counter_of(qemu_plugin_insn_vaddr(insn));
		qemu_plugin_register_vcpu_insn_exec_inline(insn, INLINE_ADD_U64,
							   &counter->count, 1);
	}
}

static void finished(uint64_t id, void *data)
{
	FILE *out = fopen(file, "w");
	size_t i;

	if (!out) {
		perror(file);
		return;
	}
	fprintf(out, "0000000000000000 %llu\n", (unsigned long long)user.count);
	for (i = 0; i < size; i++)
		if (table[i] && table[i]->count)
			fprintf(out, "%016llx %llu\n",
				(unsigned long long)table[i]->address,
				(unsigned long long)table[i]->count);
	fclose(out);
}

__attribute__((visibility("default")))
int qemu_plugin_install(uint64_t id, const void *info, int argc, char **argv)
{
	if (argc != 1 || strncmp(argv[0], "out=", 4))
		return -1;
	file = strdup(argv[0] + 4);
	grow();
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	qemu_plugin_register_atexit_cb(id, finished, NULL);
	return 0;
}
