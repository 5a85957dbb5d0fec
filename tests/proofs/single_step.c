/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * single_step [-n STEPS] [-e | -b SYMBOL [-i N]] [-D DIR] [-v N] PROGRAM
 * [ARG...]
 *
 * Runs a program one instruction at a time and has our walk of its stack judged
 * after each (judge.h), by the calls that it has really made (shadow.h). From
 * the first instruction of its dynamic linker on, or from its entry point (-e),
 * or from a call of a function, the first or the one after N others (-b); there
 * the frames of the first walk above it are taken as given. Stops after STEPS,
 * when that function returns, or when the program ends. -D names a directory of
 * separate debug files. Only the first thread is followed; others run
 * meanwhile.
 *
 * Prints one line of numbers, and where walks went wrong; with -v the first N
 * of these in full.
 */
#include "config.h"

#include "base/clock.h"
#include "base/xalloc.h"
#include "judge.h"
#include "object/debug_search.h"
#include "object/module.h"
#include "object/symtab.h"
#include "session/space.h"
#include "shadow.h"
#include "target/access.h"
#include "target/target.h"
#include "unwind/unwind.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define RED_ZONE    256
#define STACK_FIRST 8192
#define STACK_MAX   (1u << 20)
#define PAGE	    4096u
#define CODE_PAGES  256u

struct code_page {
	uint64_t addr;
	uint8_t bytes[PAGE];
};

struct stepper {
	pid_t pid;
	struct target target;
	struct space space;
	struct shadow shadow;
	struct judge judge;

	struct user_regs_struct regs;
	struct regs dwarf_regs;
	enum insn insn; /* which stands at regs.rip */
	struct code_page *pages;

	/* Memory as it is at this instruction. */
	uint8_t *stack;
	uint64_t stack_addr;
	size_t stack_len, stack_want;
	uint64_t stack_high;

	struct debug_search search;
	const char *debug_path;
	uint64_t max_steps;
	size_t n_given;
};

static void
fail(const char *what)
{
	fprintf(stderr, "single_step: %s%s%s\n", what, errno != 0 ? ": " : "",
	    errno != 0 ? strerror(errno) : "");
	exit(2);
}

/* ---- the memory of the process ------------------------------------------- */

static bool
read_target(void *ctx, uint64_t addr, void *buf, size_t len)
{
	struct stepper *s = ctx;

	if (addr >= s->stack_addr && addr - s->stack_addr <= s->stack_len &&
	    len <= s->stack_len - (addr - s->stack_addr)) {
		memcpy(buf, s->stack + (addr - s->stack_addr), len);
		if (addr + len > s->stack_high)
			s->stack_high = addr + len;
		return true;
	}
	return remote_mem_read_some(&s->target.mem, addr, buf, len) == len;
}

/* As much of the stack as the last walk needed, and some more. */
static void
read_stack(struct stepper *s)
{
	uint64_t used =
	    s->stack_high > s->stack_addr ? s->stack_high - s->stack_addr : 0;

	s->stack_want = (used + STACK_FIRST) / PAGE * PAGE;
	if (s->stack_want > STACK_MAX)
		s->stack_want = STACK_MAX;
	s->stack_addr = s->regs.rsp - RED_ZONE;
	s->stack_high = s->stack_addr;
	s->stack_len = remote_mem_read_some(
	    &s->target.mem, s->stack_addr, s->stack, s->stack_want);
}

static void
forget_code(struct stepper *s)
{
	for (size_t i = 0; i < CODE_PAGES; i++)
		s->pages[i].addr = UINT64_MAX;
}

static const uint8_t *
code_page(struct stepper *s, uint64_t addr)
{
	struct code_page *p = &s->pages[addr / PAGE % CODE_PAGES];

	if (p->addr == addr)
		return p->bytes;
	p->addr = UINT64_MAX;
	if (remote_mem_read_some(&s->target.mem, addr, p->bytes, PAGE) != PAGE)
		return NULL;
	p->addr = addr;
	return p->bytes;
}

static enum insn
insn_at(struct stepper *s, uint64_t pc)
{
	uint8_t bytes[INSN_MAX];
	uint64_t off = pc % PAGE;
	size_t n = sizeof(bytes);

	if (off <= PAGE - INSN_MAX) {
		const uint8_t *page = code_page(s, pc - off);

		return page != NULL ? insn_classify(page + off, n) : INSN_OTHER;
	}
	n = remote_mem_read_some(&s->target.mem, pc, bytes, n);
	return insn_classify(bytes, n);
}

/* What a system call may have done to the mappings. */
static bool
changes_maps(const struct user_regs_struct *regs)
{
	switch (regs->orig_rax != UINT64_MAX ? regs->orig_rax : regs->rax) {
	case SYS_mmap:
	case SYS_munmap:
	case SYS_mprotect:
	case SYS_mremap:
	case SYS_brk:
	case SYS_shmat:
	case SYS_shmdt:
		return true;
	default:
		return false;
	}
}

/* ---- registers ----------------------------------------------------------- */

static void
get_regs(struct stepper *s)
{
	struct user_regs_struct *r = &s->regs;

	if (ptrace(PTRACE_GETREGS, s->pid, NULL, r) != 0)
		fail("PTRACE_GETREGS");

	const uint64_t values[] = {r->rax, r->rdx, r->rcx, r->rbx, r->rsi,
	    r->rdi, r->rbp, r->rsp, r->r8, r->r9, r->r10, r->r11, r->r12,
	    r->r13, r->r14, r->r15, r->rip};

	s->dwarf_regs.known = 0;
	for (unsigned i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		regs_set(&s->dwarf_regs, i, values[i]);
}

/* ---- running ------------------------------------------------------------- */

static pid_t
start(char *argv[])
{
	pid_t pid = fork();
	int null;

	if (pid != 0)
		return pid;
	null = open("/dev/null", O_RDWR);
	(void)dup2(null, STDIN_FILENO);
	(void)dup2(null, STDOUT_FILENO);
	(void)dup2(null, STDERR_FILENO);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	execvp(argv[0], argv);
	_exit(127);
}

/* Until the next stop; false: the program has ended. */
static bool
resume(struct stepper *s, int request, int sig, int *ret_sig)
{
	int status;

	if (ptrace(request, s->pid, NULL, (void *)(intptr_t)sig) != 0 ||
	    waitpid(s->pid, &status, __WALL) != s->pid || !WIFSTOPPED(status))
		return false;
	*ret_sig = status >> 8;
	return true;
}

static bool
is_caught(const struct stepper *s, int sig)
{
	char path[64], line[256];
	uint64_t caught = 0;
	FILE *fp;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", s->pid);
	fp = fopen(path, "re");
	if (fp == NULL)
		return false;
	while (fgets(line, sizeof(line), fp) != NULL)
		if (strncmp(line, "SigCgt:", 7) == 0)
			caught = strtoull(line + 7, NULL, 16);
	(void)fclose(fp);
	return (caught >> (sig - 1) & 1) != 0;
}

static uint64_t
stack_top(struct stepper *s, uint64_t sp)
{
	const struct mapping *m = mappings_find(&s->space.maps, sp);

	return m != NULL ? m->end : sp;
}

/* The process, which has just called exec, anew. */
static void
open_process(struct stepper *s)
{
	struct access_tracer tracer;
	struct err err;

	if (target_open_traced(s->pid, &s->target, &tracer, &err) < 0) {
		err_print(&err, stderr);
		exit(2);
	}
	if (!space_init(&s->space, &s->target, NULL, &s->search))
		fail("maps");
	forget_code(s);
	get_regs(s);
	shadow_init(&s->shadow, s->regs.rsp, stack_top(s, s->regs.rsp));
	s->insn = insn_at(s, s->regs.rip);
}

static void
close_process(struct stepper *s)
{
	judge_end(&s->judge);
	shadow_deinit(&s->shadow);
	space_deinit(&s->space);
	target_close(&s->target);
}

/* The effect of the instruction that was at hand; not of a signal. */
static void
follow_insn(struct stepper *s)
{
	struct where from = {s->regs.rip, s->regs.rsp}, to;
	struct user_regs_struct before = s->regs;
	struct mem mem = {read_target, s};

	get_regs(s);
	read_stack(s);
	to = (struct where){s->regs.rip, s->regs.rsp};
	if (s->insn == INSN_SYSCALL && before.rax == SYS_rt_sigreturn)
		shadow_sigreturn(&s->shadow, to);
	else
		shadow_step(&s->shadow, s->insn, from, to, &mem);
	if (s->insn == INSN_SYSCALL && changes_maps(&before)) {
		s->judge.maps_may_be_old = true;
		forget_code(s);
	}
	if (s->shadow.has_landed)
		judge_landing(&s->judge, s->regs.rip);
	else if (s->insn == INSN_CALL)
		judge_settle(&s->judge);
}

static void
follow_signal(struct stepper *s)
{
	struct mem mem = {read_target, s};

	get_regs(s);
	read_stack(s);
	shadow_signal(
	    &s->shadow, (struct where){s->regs.rip, s->regs.rsp}, &mem);
}

/* Whether the function that it all began in has returned. */
static bool
has_returned(const struct stepper *s)
{
	const struct fiber *f = shadow_fiber(&s->shadow);

	return !f->is_coroutine && f->n < s->n_given;
}

#define SIG_EXEC (SIGTRAP | PTRACE_EVENT_EXEC << 8)

static void
step_through(struct stepper *s)
{
	int sig = 0;

	while (s->judge.steps < s->max_steps && !has_returned(s)) {
		int sent = sig;

		if (!resume(s, PTRACE_SINGLESTEP, sent, &sig))
			return;
		if (sig == SIG_EXEC) {
			close_process(s);
			open_process(s);
			sig = 0;
			continue;
		}
		if (sent != 0 && sig == SIGTRAP && is_caught(s, sent))
			follow_signal(s);
		else
			follow_insn(s);
		if (sig == SIGTRAP)
			sig = 0;
		if (sig == 0)
			judge_step(&s->judge, &s->dwarf_regs);
		s->insn = insn_at(s, s->regs.rip);
	}
}

/* ---- where to begin ------------------------------------------------------ */

static uint64_t
entry_point(const struct stepper *s)
{
	Elf64_auxv_t auxv[64];
	size_t n =
	    target_auxv(&s->target, auxv, sizeof(auxv)) / sizeof(auxv[0]);

	for (size_t i = 0; i < n; i++)
		if (auxv[i].a_type == AT_ENTRY)
			return auxv[i].a_un.a_val;
	return 0;
}

/* Executes the instruction whose place a breakpoint had, and puts that back. */
static void
step_over(struct stepper *s, void *at, long trap)
{
	int sig;

	if (!resume(s, PTRACE_SINGLESTEP, 0, &sig) ||
	    ptrace(PTRACE_POKETEXT, s->pid, at, (void *)trap) != 0)
		fail("it ended before that");
}

/* To an instruction, after it has been come to so many times. */
static void
run_to(struct stepper *s, uint64_t pc, unsigned long times)
{
	void *at = (void *)(uintptr_t)pc;
	long word, trap;
	int sig = SIGTRAP;

	errno = 0;
	word = ptrace(PTRACE_PEEKTEXT, s->pid, at, NULL);
	trap = (word & ~0xffl) | 0xcc;
	if (pc == 0 || errno != 0 ||
	    ptrace(PTRACE_POKETEXT, s->pid, at, (void *)trap) != 0)
		fail("cannot begin there");
	for (;;) {
		if (!resume(s, PTRACE_CONT, sig == SIGTRAP ? 0 : sig, &sig))
			fail("it ended before that");
		get_regs(s);
		if (sig != SIGTRAP || s->regs.rip != pc + 1)
			continue;
		(void)ptrace(PTRACE_POKETEXT, s->pid, at, (void *)word);
		s->regs.rip = pc;
		if (ptrace(PTRACE_SETREGS, s->pid, NULL, &s->regs) != 0)
			fail("PTRACE_SETREGS");
		if (times-- == 0)
			break;
		step_over(s, at, trap);
	}
	if (!space_refresh(&s->space))
		fail("maps");
	forget_code(s);
	get_regs(s);
	s->insn = insn_at(s, pc);
	shadow_deinit(&s->shadow);
	shadow_init(&s->shadow, s->regs.rsp, stack_top(s, s->regs.rsp));
}

struct wanted {
	const char *name;
	uint64_t vaddr;
};

static void
is_wanted(void *ctx, const struct symtab_entry *e)
{
	struct wanted *w = ctx;

	if (strcmp(e->sym.name, w->name) == 0)
		w->vaddr = e->sym.vaddr;
}

static uint64_t
find_symbol(struct stepper *s, const char *name)
{
	for (size_t i = 0; i < s->space.maps.n; i++) {
		struct wanted w = {.name = name};

		if (s->space.modules[i] == NULL)
			continue;
		symtab_each(module_symtab(s->space.modules[i]), is_wanted, &w);
		if (w.vaddr != 0)
			return w.vaddr + s->space.bias[i];
	}
	return 0;
}

/* The frames above the function that it begins in are taken as they are. */
static void
take_as_given(struct stepper *s)
{
	const struct judge *j = &s->judge;

	read_stack(s);
	judge_walk(&s->judge, &s->dwarf_regs);
	s->n_given = j->result.n - 1;
	for (size_t i = j->result.n - 1; i > 0; i--)
		shadow_give(&s->shadow, j->frames[i].pc,
		    i > 1 ? UINT64_MAX : s->regs.rsp);
}

int
main(int argc, char *argv[])
{
	static struct stepper stepper;
	struct stepper *s = &stepper;
	const char *symbol = NULL;
	unsigned long times = 0;
	bool from_entry = false;
	uint64_t begun = now_ns();
	int c, status;

	s->max_steps = 100000;
	while ((c = getopt(argc, argv, "+n:eb:i:D:v:")) != -1) {
		if (c == 'n')
			s->max_steps = strtoull(optarg, NULL, 10);
		else if (c == 'e')
			from_entry = true;
		else if (c == 'b')
			symbol = optarg;
		else if (c == 'i')
			times = strtoul(optarg, NULL, 10);
		else if (c == 'D')
			s->debug_path = optarg;
		else if (c == 'v')
			s->judge.verbose =
			    (unsigned)strtoul(optarg, NULL, 10);
		else
			return 2;
	}
	if (optind == argc)
		return 2;
	s->search = debug_search_default;
	if (s->debug_path != NULL) {
		s->search.paths = &s->debug_path;
		s->search.n_paths = 1;
	}
	s->pages = xcalloc(CODE_PAGES, sizeof(*s->pages));
	s->stack = xmalloc(STACK_MAX);
	judge_init(&s->judge, &s->space, &s->shadow,
	    (struct mem){read_target, s});
	s->pid = start(argv + optind);
	if (s->pid < 0 || waitpid(s->pid, &status, 0) != s->pid ||
	    !WIFSTOPPED(status))
		fail(argv[optind]);
	if (ptrace(PTRACE_SETOPTIONS, s->pid, NULL,
		PTRACE_O_EXITKILL | PTRACE_O_TRACEEXEC) != 0)
		fail("PTRACE_SETOPTIONS");
	open_process(s);
	if (from_entry || symbol != NULL)
		run_to(s, entry_point(s), 0);
	if (symbol != NULL) {
		run_to(s, find_symbol(s, symbol), times);
		take_as_given(s);
	}
	step_through(s);
	judge_end(&s->judge);
	judge_report(&s->judge, now_ns() - begun);
	return 0;
}
