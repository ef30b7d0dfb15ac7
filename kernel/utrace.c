// SPDX-License-Identifier: GPL-2.0-only
/*
 * The registry of tracing engines, and the one place where tasks stop for them.
 *
 * Locking
 * -------
 * utrace->lock is a leaf below tasklist_lock and the siglock: no callback is made,
 * nothing woken or locked under it.  It guards the list of engines, their flags, and
 * the sums of these in utrace->wants and task->utrace_flags.
 *
 * Only the task itself makes callbacks (and, once it is dead, whoever reaps
 * it), and it takes no lock for that.  Those that others make as well, from
 * stop_end() on in struct utrace_engine_ops, are made under the siglock, and none
 * of what follows is about them.  engine->running is odd while a callback
 * of the engine is on its way.  The task makes it odd before it reads
 * engine->flags, whoever changes the flags reads it afterwards, with a full
 * barrier between on both sides: so either the task sees the new flags, or the
 * other side sees that a callback may be running on the old ones.  An engine
 * that is detached while running stays on the list, and the task takes it off.
 *
 * Engines leave the list without their own links being cleared and are freed
 * after a grace period, so that a walk under RCU can go on from one that has
 * just left, in both directions.
 *
 * The flags of the task tell it what there is to do, and it reads them without a
 * lock. Whoever adds to them, or to what they lead to, makes the task look again
 * afterwards, by set_notify_resume() or by TIF_SIGPENDING; and it looks after it
 * has cleared these.
 *
 * What pairs with what is said at both ends. Where that is more than a message passed
 * or two flags crossed, Documentation/litmus-tests/utrace/ says what it forbids.
 *
 * What the lock guards is written by WRITE_ONCE() where it is read without it. Beside
 * the pairs that are named where they are, these are such reads, and why they may be:
 *
 * engine->flags: by the task in a callback's round, after utrace_enter(), see above. By
 *	walks under RCU, and by callers that look for ENGINE_DETACHED, before they take
 *	a lock and look again, or at the cost of one call more that the interface allows.
 * utrace->wants: by the task and under the siglock. What sets a bit does so with the
 *	siglock held, or is the task itself, or makes the task look again as above; that a
 *	bit is cleared ends a stop by utrace_wake(), after the bit and under the siglock.
 * utrace->resume, ->asked, ->arm_later, and task->utrace_flags: by the task, likewise.
 * utrace->armed, ->steps_left: only the task sets them, and utrace_leave_steps() clears
 *	them. Others read armed after they changed utrace->wants under the lock, which
 *	the task looks at under the lock after it set armed, in utrace_set_armed(): one
 *	of the two finds what the other did.
 * utrace->continued, ->stop_told: under the siglock, with which they are set as well,
 *	or by the task. utrace_update() clears them without it, when no engine is left
 *	that asked for JCTL: who reads that too late makes a round that calls nobody.
 * utrace->seq: by the task, see utrace_report_next().
 * current->utrace: in utrace_wait_newborn(), for newborn. A task that has set that has
 *	seen the pointer before.
 * utrace->newborn, ->clone_flags: by the task, which writes them, and with tasklist_lock
 *	held for writing, as newborn is set; that it is cleared meanwhile is no harm.
 * target->exit_state: exit_notify() writes it with tasklist_lock held, and reaping in
 *	wait_task_zombie() without: see utrace_add_engine(). What is read elsewhere only
 *	decides which error a caller gets who comes too late.
 *
 * engine->stopped is guarded by the siglock; engine->announce, only the task uses.
 */
#include <linux/utrace.h>

#include <linux/cgroup.h>
#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/kallsyms.h>
#include <linux/lockdep.h>
#include <linux/printk.h>
#include <linux/ptrace.h>
#include <linux/resume_user_mode.h>
#include <linux/sched.h>
#include <linux/sched/jobctl.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/sched/task_stack.h>
#include <linux/seq_file.h>
#include <linux/signal.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/task_work.h>
#include <linux/uprobes.h>
#include <linux/wait_bit.h>

#include <asm/syscall.h>

#define CREATE_TRACE_POINTS
#include <trace/events/utrace.h>

/* Private bits of utrace_engine.flags: what the engine wants, and its state. */
#define ENGINE_PUT_OFF		BIT(20)	/* ENGINE_STOP is off until it is asked */
#define ENGINE_ANSWERING	BIT(21)	/* in the callback that answers ENGINE_ASK */
#define ENGINE_DYING		BIT(22)	/* report_death() callbacks not over */
#define ENGINE_ASK		BIT(23)	/* callback due before the task stops */
#define ENGINE_STOP		BIT(24)	/* task to be held */
#define ENGINE_SINGLESTEP	BIT(25)	/* task to be stepped */
#define ENGINE_BLOCKSTEP	BIT(26)
#define ENGINE_STOP_ASKED	BIT(27)	/* utrace_control() during a callback */
#define ENGINE_DETACHED		BIT(28)	/* no callback any more */
#define ENGINE_UNLINKED		BIT(29)	/* not on the list any more */
#define ENGINE_REAPING		BIT(30)	/* the task is being reaped */
#define ENGINE_STOP_DYING	BIT(31)	/* task to be held though killed */

static_assert(BIT(UTRACE_NR_EVENTS) <= ENGINE_PUT_OFF);

#define ENGINE_STEPS		(ENGINE_SINGLESTEP | ENGINE_BLOCKSTEP)
#define ENGINE_WANTS							\
	(ENGINE_STOP | ENGINE_STOP_DYING | ENGINE_STEPS)
/* How far a request to stop has come: all of it is over with another request. */
#define ENGINE_STOP_STATE						\
	(ENGINE_STOP_ASKED | ENGINE_ASK | ENGINE_PUT_OFF | ENGINE_ANSWERING)

#define UTRACE_TASK_PRIVATE						\
	(UTRACE_TASK_FORCE | UTRACE_TASK_STOPPED | UTRACE_TASK_NEWBORN |	\
	 UTRACE_TASK_ASKED)

/* Where a task is on its way from report_death() to report_reap(). */
enum utrace_death {
	UTRACE_ALIVE,
	UTRACE_DYING,		/* report_death() may be running */
	UTRACE_DEAD,		/* no report_death() any more */
};

/**
 * struct utrace - the engines of one task
 * @lock: guards all that follows unless said otherwise
 * @engines: in the order in which they were attached
 * @seq: number of the last engine attached
 * @wants: what the engines want, as a union of their %ENGINE_WANTS bits
 * @armed: the steps that the hardware is set up for; written only by the task
 *	itself, except that utrace_leave_steps() clears it
 * @resume: the strongest report asked for and not yet made, or %UTRACE_RESUME
 * @asker: the only engine that asked for it, or NULL; not to be followed
 * @steps_ended_by: the engine that has ended its steps by what a callback of it
 *	returned, not to be followed; only used by the task
 * @asked: one was asked for since the round before a system call began
 * @death: how dead the task is; only written by the task itself
 * @reap: the task is being reaped, no engine comes or goes any more
 * @jctl_stop: the stop began as, and ends as, a job control stop; written under
 *	the siglock, too
 * @jctl_wake: job control has news for engines while the task is stopped; guarded
 *	by the siglock
 * @ask: an engine may have %ENGINE_ASK; guarded by the siglock
 * @in_round: callbacks are on their way in the middle of the stop; guarded by the
 *	siglock
 * @continued: the task goes on after a job control stop and did not say so yet; set
 *	under the siglock, too, and only if an engine asked for JCTL
 * @stop_told: engines were told of a stop, and not yet of its end; like @continued
 * @continue_told: engines have heard of the last SIGCONT, if there was one since
 *	they were told of a stop; guarded by the siglock
 * @steps_left: the hardware may be set up for a step that was left to the task
 * @soft_trap: a trap of a step that looks like any other signal is pending; only used
 *	by the task
 * @arm_later: the hardware is yet to be set up for engines, as uprobes had it; only
 *	written by the task itself
 * @put_off: an engine may have %ENGINE_PUT_OFF; only used by the task
 * @clone_here: report_clone() asked for a stop in place; only used by the task
 * @exiting: report_exit() has begun; only used by the task
 * @into_handler: a handler was set up and a step ends at its start; only used by
 *	the task
 * @crashed: a callback has crashed, and its engine is gone
 * @newborn: the child that report_clone() is, or will be, about; set with
 *	tasklist_lock held for writing, and cleared by the task itself
 * @clone_flags: and how it is made
 * @held: the task is in its stop; written under the siglock
 * @off_cpu: it has left the CPU since; set by who keeps it there, cleared by the
 *	task under the siglock
 * @frozen: how many keep it there, whatever comes; guarded by the siglock
 * @stopped: no less than the number of engines that are part of the stop; guarded
 *	by the siglock
 * @waiters: how many wait for @held to change
 */
struct utrace {
	spinlock_t lock;	/* see above */
	struct list_head engines;
	u64 seq;
	unsigned long wants;
	unsigned long armed;
	enum utrace_resume_action resume;
	const struct utrace_engine *asker;
	const struct utrace_engine *steps_ended_by;
	enum utrace_death death;
	bool reap;
	bool asked;
	bool jctl_stop;
	bool jctl_wake;
	bool ask;
	bool in_round;
	bool continued;
	bool stop_told;
	bool continue_told;
	bool steps_left;
	bool soft_trap;
	bool arm_later;
	bool put_off;
	bool clone_here;
	bool exiting;
	bool into_handler;
	bool crashed;
	bool held;
	bool off_cpu;
	unsigned int frozen;
	unsigned int stopped;
	atomic_t waiters;
	struct task_struct *newborn;
	unsigned long clone_flags;
};

static struct kmem_cache *utrace_cachep __ro_after_init;
static struct kmem_cache *utrace_engine_cachep __ro_after_init;

static int __init utrace_init(void)
{
	utrace_cachep = KMEM_CACHE(utrace, SLAB_PANIC | SLAB_ACCOUNT);
	utrace_engine_cachep = KMEM_CACHE(utrace_engine,
					  SLAB_PANIC | SLAB_ACCOUNT);
	return 0;
}
subsys_initcall(utrace_init);

/*
 * What a task carries for its engines, as a hook finds it that has seen flags of
 * the task. It may be NULL only for a new child.
 */
static struct utrace *utrace_of(struct task_struct *task)
{
	/*
	 * Flags first. Pairs with cmpxchg() in utrace_get_struct(), which comes
	 * before utrace_update().
	 */
	smp_rmb();
	return READ_ONCE(task->utrace);
}

/* --- engines: references, the list, the sums */

/**
 * utrace_engine_get - take a reference to an engine
 * @engine: an engine that the caller holds a reference to already
 *
 * Context: any.
 */
void utrace_engine_get(struct utrace_engine *engine)
{
	refcount_inc(&engine->refs);
}

static void utrace_engine_release(struct utrace_engine *engine)
{
	if (engine->ops->release)
		engine->ops->release(engine->data);
	kfree_rcu(engine, rcu);
}

/**
 * utrace_engine_put - drop a reference to an engine
 * @engine: the engine; not valid any more after the last reference
 *
 * The last call runs &utrace_engine_ops.release.
 *
 * Context: any that this engine's release() can be called in.
 */
void utrace_engine_put(struct utrace_engine *engine)
{
	if (refcount_dec_and_test(&engine->refs))
		utrace_engine_release(engine);
}

/*
 * The engine is off the list: drop the attachment's reference, and only then
 * let go whoever waits in utrace_barrier().
 */
static void utrace_gone(struct task_struct *task, struct utrace_engine *engine)
{
	bool last;

	trace_utrace_detach(task, engine);
	scoped_guard(rcu) {
		last = refcount_dec_and_test(&engine->refs);
		if (!last) {
			/* Pairs with utrace_settled(). */
			smp_store_release(&engine->gone, true);
			/* Pairs with set_current_state() in utrace_barrier(). */
			smp_mb();
			wake_up_var(&engine->running);
		}
	}
	if (last)
		utrace_engine_release(engine);
}

/*
 * Other than list_add_tail_rcu() this also orders the pointer that walks back
 * from the head follow, see utrace_next().
 */
static void utrace_link(struct utrace *utrace, struct utrace_engine *engine)
{
	struct list_head *head = &utrace->engines, *last = head->prev;

	lockdep_assert_held(&utrace->lock);
	engine->seq = utrace->seq + 1;
	engine->entry.next = head;
	engine->entry.prev = last;
	/* Pairs with utrace_next(), forward... */
	smp_store_release(&last->next, &engine->entry);
	/* ... and backward. */
	smp_store_release(&head->prev, &engine->entry);
	/* For utrace_report_next(). */
	WRITE_ONCE(utrace->seq, engine->seq);
}

/* The entry's own links stay, for who is walking past it right now. */
static void utrace_unlink(struct utrace *utrace, struct utrace_engine *engine)
{
	lockdep_assert_held(&utrace->lock);
	WRITE_ONCE(engine->flags,
		   engine->flags | ENGINE_DETACHED | ENGINE_UNLINKED);
	/* For utrace_next(), to which both neighbours are known already. */
	WRITE_ONCE(engine->entry.next->prev, engine->entry.prev);
	WRITE_ONCE(engine->entry.prev->next, engine->entry.next);
}

/* The engine after (or before) this one; NULL at the end. NULL starts. */
static struct utrace_engine *utrace_next(struct utrace *utrace,
					 struct utrace_engine *engine,
					 bool reverse)
{
	struct list_head *entry = engine ? &engine->entry : &utrace->engines;
	struct list_head **link = reverse ? &entry->prev : &entry->next;

	/* Pairs with utrace_link(). */
	entry = smp_load_acquire(link);
	if (entry == &utrace->engines)
		return NULL;
	return list_entry(entry, struct utrace_engine, entry);
}

/* Is report_signal() all that it has for a report that was asked for? */
static bool utrace_only_hears_signals(const struct utrace_engine *engine)
{
	return !engine->ops->report_quiesce && engine->ops->report_signal;
}

/* Has it a callback for a report that was asked for? */
static bool utrace_can_be_asked(const struct utrace_engine *engine)
{
	return engine->ops->report_quiesce || engine->ops->report_signal;
}

/* What it asks for, and can be asked. */
static unsigned long utrace_events(const struct utrace_engine *engine)
{
	unsigned long events = engine->flags & UTRACE_EVENT_ALL;

	if (!engine->ops->group_stop)
		events &= ~UTRACE_EVENT(GROUP_STOP);
	/* Without anybody to ask, the call fails. */
	if (!engine->ops->report_seccomp)
		events &= ~UTRACE_EVENT(SECCOMP);
	return events;
}

/*
 * Does the engine want to hear of a fatal signal that was sent to the group and
 * is about to be taken by this thread? One that stands in for job control is as
 * the parent of its thread, and only cares for what is sent to that.
 */
static bool utrace_takes_fatal(const struct utrace_engine *engine)
{
	return (engine->flags & (UTRACE_EVENT(SIGNAL_TERM) |
				 UTRACE_EVENT(SIGNAL_CORE))) &&
	       !(utrace_events(engine) & UTRACE_EVENT(GROUP_STOP));
}

/* Has the task to come to get_signal() even if all engines are gone? */
static bool utrace_unfinished(const struct utrace *utrace)
{
	lockdep_assert_held(&utrace->lock);
	/* The task may be just about to clear one: it sees to the flags then. */
	return utrace->jctl_stop || READ_ONCE(utrace->arm_later) ||
	       READ_ONCE(utrace->continued);
}

/*
 * Is there to be a step, or was there to be one? The task itself turns off what its
 * engines do not need any more.
 */
static bool utrace_has_steps(const struct utrace *utrace)
{
	return (READ_ONCE(utrace->wants) & ENGINE_STEPS) ||
	       READ_ONCE(utrace->armed);
}

/*
 * Is the task to take the slow way through its system calls? It may be in the middle
 * of one: then the end of that is reported or not, as an engine wants it by now.
 */
static void utrace_trace_calls(struct task_struct *task, bool trace)
{
	if (trace)
		set_task_syscall_work(task, SYSCALL_TRACE);
	else
		clear_task_syscall_work(task, SYSCALL_TRACE);
}

static bool utrace_running(struct utrace_engine *engine)
{
	/* Pairs with utrace_leave(): what the callback did is done. */
	return smp_load_acquire(&engine->running) & 1;
}

/* Bring the sums up to date with the engines. */
static void utrace_update(struct task_struct *task, struct utrace *utrace)
{
	unsigned long flags = 0, wants = 0, old = task->utrace_flags;
	bool attached = false, crashed = utrace->crashed;
	struct utrace_engine *engine;

	lockdep_assert_held(&utrace->lock);
	list_for_each_entry(engine, &utrace->engines, entry) {
		if (engine->flags & ENGINE_DETACHED) {
			/* The callback that it is in may crash yet. */
			crashed |= utrace_running(engine);
			continue;
		}
		flags |= utrace_events(engine);
		if (utrace_takes_fatal(engine))
			flags |= UTRACE_TASK_TAKES;
		wants |= engine->flags & ENGINE_WANTS;
		attached = true;
	}

	WRITE_ONCE(utrace->wants, wants);
	/* Who comes later is owed nothing. */
	if (!(flags & UTRACE_EVENT(JCTL))) {
		WRITE_ONCE(utrace->continued, false);
		WRITE_ONCE(utrace->stop_told, false);
	}
	if (attached) {
		/* Reaping has to find the engines, whether they ask or not. */
		flags |= UTRACE_EVENT(REAP);
		flags |= old & UTRACE_TASK_PRIVATE;
	} else {
		flags |= old & (UTRACE_TASK_STOPPED | UTRACE_TASK_NEWBORN);
		/*
		 * A job control stop that was taken over must be given back,
		 * and the hardware must be set up as it was.
		 */
		if (utrace_unfinished(utrace))
			flags |= UTRACE_TASK_FORCE;
		/* What the engine stood for, a tracer say, is yet to be found. */
		if (unlikely(crashed))
			flags |= UTRACE_EVENT(REAP);
		WRITE_ONCE(utrace->resume, UTRACE_RESUME);
	}
	if (utrace_has_steps(utrace))
		flags |= UTRACE_TASK_STEPS;
	/* Pairs with utrace_of() and utrace_dequeue_signal(). */
	smp_store_release(&task->utrace_flags, flags);
	if ((old ^ flags) & UTRACE_EVENT_SYSCALL)
		utrace_trace_calls(task, flags & UTRACE_EVENT_SYSCALL);
}

static noinline void utrace_update_steps(struct task_struct *task,
					 struct utrace *utrace)
{
	unsigned int flags = task->utrace_flags & ~UTRACE_TASK_STEPS;

	lockdep_assert_held(&utrace->lock);
	if (utrace_has_steps(utrace))
		flags |= UTRACE_TASK_STEPS;
	WRITE_ONCE(task->utrace_flags, flags);
}

/* Who was just detached does not hold the task, whatever it wanted. */
static unsigned long utrace_detached_flags(unsigned long flags)
{
	return (flags & ~(ENGINE_WANTS | ENGINE_PUT_OFF)) | ENGINE_DETACHED;
}

/* If its stop was put off, it is to be made without the callback. */
static unsigned long utrace_put_on_flags(unsigned long flags)
{
	if (!(flags & ENGINE_PUT_OFF))
		return flags;
	return (flags & ~ENGINE_PUT_OFF) | ENGINE_STOP | ENGINE_STOP_ASKED;
}

static bool utrace_is_detached(const struct utrace_engine *engine)
{
	return READ_ONCE(engine->flags) & ENGINE_DETACHED;
}

/* Is it the only one on the list? */
static bool utrace_is_alone(const struct utrace_engine *engine)
{
	return engine->entry.next == engine->entry.prev;
}

/*
 * utrace_update(), where nothing but what one engine wants has changed; and mostly
 * it is the only one.
 */
static __always_inline void utrace_update_wants(struct task_struct *task,
						struct utrace *utrace,
						struct utrace_engine *engine)
{
	unsigned long wants = engine->flags & ENGINE_WANTS;
	unsigned long changed = utrace->wants ^ wants;

	lockdep_assert_held(&utrace->lock);
	if (!utrace_is_alone(engine) || (engine->flags & ENGINE_DETACHED)) {
		utrace_update(task, utrace);
		return;
	}
	WRITE_ONCE(utrace->wants, wants);
	if (unlikely(changed & ENGINE_STEPS))
		utrace_update_steps(task, utrace);
}

static void utrace_set_private(struct task_struct *task, struct utrace *utrace,
			       unsigned int bit)
{
	lockdep_assert_held(&utrace->lock);
	WRITE_ONCE(task->utrace_flags, task->utrace_flags | bit);
}

static void utrace_clear_private(struct task_struct *task,
				 struct utrace *utrace, unsigned int bit)
{
	lockdep_assert_held(&utrace->lock);
	WRITE_ONCE(task->utrace_flags, task->utrace_flags & ~bit);
}

/*
 * If all that was asked for is met, have neither get_signal() nor the way back to
 * user mode come to us for that any more.
 */
static void utrace_unforce(struct task_struct *task, struct utrace *utrace)
{
	lockdep_assert_held(&utrace->lock);
	if (utrace->resume == UTRACE_RESUME && !utrace_unfinished(utrace) &&
	    !(utrace->wants & ENGINE_STOP))
		utrace_clear_private(task, utrace,
				     UTRACE_TASK_FORCE | UTRACE_TASK_ASKED);
}

/* The task is to die: nothing that was asked for is reported any more. */
static void utrace_drop_requests(struct task_struct *task,
				 struct utrace *utrace)
{
	guard(spinlock_irqsave)(&utrace->lock);
	WRITE_ONCE(utrace->resume, UTRACE_RESUME);
	utrace_clear_private(task, utrace, UTRACE_TASK_FORCE);
}

/* The task is out of it: the last one on the list leaves nothing in the flags. */
static void utrace_unlink_detached(struct task_struct *task,
				   struct utrace *utrace,
				   struct utrace_engine *engine)
{
	utrace_unlink(utrace, engine);
	if (list_empty(&utrace->engines) && READ_ONCE(task->utrace_flags))
		utrace_update(task, utrace);
}

/* An interrupt may come in the middle of a callback, and is not part of it. */
static bool utrace_is_self(const struct task_struct *target)
{
	return target == current && in_task();
}

/*
 * After the engine was marked as detached, and does not count in the sums any more:
 * can the target be inside it?
 */
static int utrace_finish_detach(struct task_struct *target,
				struct utrace *utrace,
				struct utrace_engine *engine)
{
	/* Pairs with utrace_enter(). */
	smp_mb();
	scoped_guard(spinlock_irqsave, &utrace->lock) {
		/*
		 * utrace_leave() takes it off, or somebody has, and may yet have
		 * to drop the attachment's reference.
		 */
		if ((engine->flags & ENGINE_UNLINKED) || utrace_running(engine))
			return utrace_is_self(target) ? 0 : -EINPROGRESS;
		utrace_unlink_detached(target, utrace, engine);
	}
	utrace_gone(target, engine);
	return 0;
}

/* --- attaching */

static bool utrace_matches(const struct utrace_engine *engine, int flags,
			   const struct utrace_engine_ops *ops, void *data)
{
	if (engine->flags & ENGINE_DETACHED)
		return false;
	if ((flags & UTRACE_ATTACH_MATCH_OPS) && engine->ops != ops)
		return false;
	if ((flags & UTRACE_ATTACH_MATCH_DATA) && engine->data != data)
		return false;
	return true;
}

static struct utrace_engine *utrace_find(struct utrace *utrace, int flags,
					 const struct utrace_engine_ops *ops,
					 void *data)
{
	struct utrace_engine *engine;

	lockdep_assert_held(&utrace->lock);
	list_for_each_entry(engine, &utrace->engines, entry)
		if (utrace_matches(engine, flags, ops, data))
			return engine;
	return NULL;
}

/*
 * Threads that never run user code cannot be traced: kernel threads, and the
 * kernel's user-mode helpers before their first exec. Nor can io and vhost
 * workers, which only ever take signals, unless the caller knows of them.
 */
static bool utrace_traceable(struct task_struct *task, int flags)
{
	if (task->flags & PF_KTHREAD)
		return false;
	if ((task->flags & (PF_IO_WORKER | PF_USER_WORKER)) &&
	    !(flags & UTRACE_ATTACH_WORKER))
		return false;
	if (READ_ONCE(task->mm))
		return true;
	/*
	 * Pairs with smp_mb__after_spinlock() in exit_mm(), after PF_EXITING was
	 * set.
	 */
	smp_rmb();
	return READ_ONCE(task->flags) & PF_EXITING;
}

static struct utrace *utrace_get_struct(struct task_struct *task, gfp_t gfp)
{
	struct utrace *utrace, *old;

	/* Pairs with cmpxchg() below. */
	utrace = smp_load_acquire(&task->utrace);
	if (utrace)
		return utrace;

	utrace = kmem_cache_zalloc(utrace_cachep, gfp);
	if (!utrace)
		return NULL;
	spin_lock_init(&utrace->lock);
	INIT_LIST_HEAD(&utrace->engines);
	utrace->resume = UTRACE_RESUME;

	old = cmpxchg(&task->utrace, NULL, utrace);
	if (!old)
		return utrace;
	kmem_cache_free(utrace_cachep, utrace);
	return old;
}

static struct utrace_engine *utrace_lookup(struct task_struct *target, int flags,
					   const struct utrace_engine_ops *ops,
					   void *data)
{
	struct utrace_engine *engine;
	struct utrace *utrace;

	/* Before utrace_release_task() was here; after that, utrace->reap says it. */
	if (READ_ONCE(target->exit_state) == EXIT_DEAD)
		return ERR_PTR(-ESRCH);
	/* Pairs with cmpxchg() in utrace_get_struct(). */
	utrace = smp_load_acquire(&target->utrace);
	if (!utrace)
		return ERR_PTR(-ENOENT);

	guard(spinlock_irqsave)(&utrace->lock);
	if (utrace->reap)
		return ERR_PTR(-ESRCH);
	engine = utrace_find(utrace, flags, ops, data);
	if (!engine)
		return ERR_PTR(-ENOENT);
	utrace_engine_get(engine);
	return engine;
}

/*
 * Under tasklist_lock exit_notify() comes wholly before or wholly after this.
 * wait_task_zombie() does not: it makes the task EXIT_DEAD, then looks whether
 * there are engines; so here the engine goes in, then comes another look, before
 * another attach can find it.
 */
static int utrace_add_engine(struct task_struct *target, struct utrace *utrace,
			     struct utrace_engine *engine, int flags)
{
	guard(read_lock)(&tasklist_lock);

	scoped_guard(spinlock_irqsave, &utrace->lock) {
		if (utrace->reap || READ_ONCE(target->exit_state) == EXIT_DEAD)
			return -ESRCH;
		if ((flags & UTRACE_ATTACH_EXCLUSIVE) &&
		    utrace_find(utrace, flags, engine->ops, engine->data))
			return -EEXIST;
		if (utrace->death == UTRACE_DYING)
			engine->flags |= ENGINE_DYING;
		utrace_engine_get(engine);
		utrace_link(utrace, engine);
		utrace_update(target, utrace);

		/* Pairs with cmpxchg() in wait_task_zombie(). */
		smp_mb();
		if (likely(READ_ONCE(target->exit_state) != EXIT_DEAD))
			return 0;
		WRITE_ONCE(engine->flags, engine->flags | ENGINE_DETACHED);
		utrace_update(target, utrace);
	}

	/* The task may be walking past it in report_death(). */
	utrace_finish_detach(target, utrace, engine);
	return -ESRCH;
}

/* A new child is its parent's engines' alone until report_clone() is over. */
static int utrace_wait_newborn(struct task_struct *target)
{
	struct utrace *mine = READ_ONCE(current->utrace);

	/* Set before the task can be found. */
	if (likely(!(READ_ONCE(target->utrace_flags) & UTRACE_TASK_NEWBORN)))
		return 0;
	/* Others may wait for us at the same time, in their report_clone(). */
	if (mine && mine->newborn)
		return mine->newborn == target ? 0 : -EAGAIN;
	/* Pairs with smp_mb() in utrace_release_newborn(). */
	return wait_var_event_killable(&target->utrace_flags,
				       !(READ_ONCE(target->utrace_flags) &
					 UTRACE_TASK_NEWBORN));
}

/**
 * utrace_attach_task - attach an engine to a task, or find one
 * @target: the task
 * @flags: %UTRACE_ATTACH_* flags
 * @ops: callbacks of a new engine, or those to look for
 * @data: &utrace_engine.data of a new engine, or that to look for
 *
 * Without %UTRACE_ATTACH_CREATE this looks for the first engine of @target that
 * matches in all that %UTRACE_ATTACH_MATCH_OPS and %UTRACE_ATTACH_MATCH_DATA
 * say; with neither, any does.  With it, a new engine is attached that asks for
 * no event yet; %UTRACE_ATTACH_EXCLUSIVE forbids that where one matches, and
 * %UTRACE_ATTACH_WORKER allows it for threads that the kernel runs as part of a
 * process: they make no system calls and only stop where they take signals.
 * %UTRACE_ATTACH_NOFAIL is for a new child that must not get away.
 *
 * Context: process context with no locks held, as this allocates memory and may
 *	wait for the report_clone() callbacks of @target's parent.  Without
 *	%UTRACE_ATTACH_CREATE, any; then it does not sleep.
 *
 * Return: the engine, with a reference for the caller, or an ERR_PTR():
 * * %-ENOENT - nothing matches, and no new engine was asked for
 * * %-EEXIST - %UTRACE_ATTACH_EXCLUSIVE, and an engine matches
 * * %-EINVAL - unknown flags, or a new engine without @ops
 * * %-EPERM - @target does not run user code
 * * %-ESRCH - @target is being reaped
 * * %-ENOMEM - no memory
 * * %-EAGAIN - called by a report_clone(), and @target is another task's new child
 * * %-ERESTARTSYS - killed while waiting
 */
struct utrace_engine *utrace_attach_task(struct task_struct *target, int flags,
					 const struct utrace_engine_ops *ops,
					 void *data)
{
	static const struct utrace_engine_ops no_ops;
	struct utrace_engine *engine;
	gfp_t gfp = GFP_KERNEL;
	struct utrace *utrace;
	int err;

	if (flags & ~(UTRACE_ATTACH_MATCH_OPS | UTRACE_ATTACH_MATCH_DATA |
		      UTRACE_ATTACH_CREATE | UTRACE_ATTACH_EXCLUSIVE |
		      UTRACE_ATTACH_WORKER | UTRACE_ATTACH_NOFAIL))
		return ERR_PTR(-EINVAL);
	if ((flags & UTRACE_ATTACH_CREATE) && !ops)
		return ERR_PTR(-EINVAL);
	if (!utrace_traceable(target, flags))
		return ERR_PTR(-EPERM);
	if (!(flags & UTRACE_ATTACH_CREATE))
		return utrace_lookup(target, flags, ops, data);
	err = utrace_wait_newborn(target);
	if (err)
		return ERR_PTR(err);

	if (flags & UTRACE_ATTACH_NOFAIL)
		gfp |= __GFP_NOFAIL;
	utrace = utrace_get_struct(target, gfp);
	if (!utrace)
		return ERR_PTR(-ENOMEM);
	engine = kmem_cache_zalloc(utrace_engine_cachep, gfp);
	if (!engine)
		return ERR_PTR(-ENOMEM);
	engine->utrace = utrace;
	engine->ops = ops;
	engine->data = data;
	refcount_set(&engine->refs, 1);

	err = utrace_add_engine(target, utrace, engine, flags);
	if (err) {
		/* The caller never had it: no release(). */
		engine->ops = &no_ops;
		utrace_engine_put(engine);
		return ERR_PTR(err);
	}
	trace_utrace_attach(target, engine);
	return engine;
}

/**
 * utrace_attach_pid - attach an engine to the task of a pid, or find one
 * @pid: the task's pid
 * @flags: %UTRACE_ATTACH_* flags
 * @ops: callbacks of a new engine, or those to look for
 * @data: &utrace_engine.data of a new engine, or that to look for
 *
 * Context: like utrace_attach_task().
 *
 * Return: like utrace_attach_task(); %-ESRCH where no task has @pid.
 */
struct utrace_engine *utrace_attach_pid(struct pid *pid, int flags,
					const struct utrace_engine_ops *ops,
					void *data)
{
	struct task_struct *target __free(put_task) =
		get_pid_task(pid, PIDTYPE_PID);

	if (!target)
		return ERR_PTR(-ESRCH);
	return utrace_attach_task(target, flags, ops, data);
}

/* --- asking: events, control, barrier, examination */

/*
 * Is the engine attached to the task? @target may be stale where the engine is
 * detached, and another thread where execve() has given it the pid by which
 * the caller knew the engine's. While the engine is attached, RCU keeps the task
 * and its utrace.
 */
static bool utrace_attached(struct task_struct *target,
			    struct utrace_engine *engine)
{
	/* Both pointers are older than what the caller has of the engine. */
	return !(READ_ONCE(engine->flags) & ENGINE_DETACHED) &&
	       READ_ONCE(target->utrace) == engine->utrace;
}

/* Likewise: to what? NULL if it is not. */
static struct utrace *utrace_attached_to(struct task_struct *target,
					 struct utrace_engine *engine)
{
	return utrace_attached(target, engine) ? engine->utrace : NULL;
}

/**
 * utrace_set_events - choose the events that an engine sees
 * @target: the task that the engine is attached to
 * @engine: the engine
 * @events: union of UTRACE_EVENT() bits, in place of those chosen before
 *
 * Context: any; does not sleep.
 *
 * Return:
 * * %0 - done
 * * %-EINPROGRESS - done, but a callback of before may be running now, see
 *   utrace_barrier()
 * * %-EINVAL - unknown bits
 * * %-ESRCH - the engine is detached, or the task reaped
 * * %-EALREADY - nothing changed, it is too late for that: to clear DEATH once
 *   report_death() may have begun or REAP once report_reap() may have begun, or to
 *   set anything but REAP on a dead task
 */
int utrace_set_events(struct task_struct *target, struct utrace_engine *engine,
		      unsigned long events)
{
	unsigned long old, flags;
	struct utrace *utrace;
	bool put_on;

	if (events & ~UTRACE_EVENT_ALL)
		return -EINVAL;

	guard(rcu)();
	utrace = utrace_attached_to(target, engine);
	if (!utrace)
		return -ESRCH;

	scoped_guard(spinlock_irqsave, &utrace->lock) {
		if (engine->flags & ENGINE_DETACHED)
			return -ESRCH;
		old = engine->flags & UTRACE_EVENT_ALL;
		if (utrace->reap)
			return old & ~events & UTRACE_EVENT(REAP) ?
				-EALREADY : -ESRCH;
		if (utrace->death != UTRACE_ALIVE &&
		    (old & ~events & UTRACE_EVENT(DEATH)))
			return -EALREADY;
		if (READ_ONCE(target->exit_state) &&
		    (events & ~old & ~UTRACE_EVENT(REAP)))
			return -EALREADY;
		flags = (engine->flags & ~UTRACE_EVENT_ALL) | events;
		/* The callback that the stop was put off for does not come. */
		put_on = (flags & ENGINE_PUT_OFF) &&
			 !(events & UTRACE_EVENT(QUIESCE));
		if (unlikely(put_on)) {
			flags = utrace_put_on_flags(flags);
			utrace_set_private(target, utrace, UTRACE_TASK_ASKED);
		}
		/*
		 * Pairs with utrace_start_engine() and utrace_cares(), for what the
		 * owner did.
		 */
		smp_store_release(&engine->flags, flags);
		utrace_update(target, utrace);
	}
	if (unlikely(put_on))
		set_notify_resume(target);

	/* Pairs with utrace_enter(). */
	smp_mb();
	if (utrace_running(engine) && !utrace_is_self(target))
		return -EINPROGRESS;
	return 0;
}

/**
 * utrace_set_events_pid - choose the events that an engine sees
 * @pid: pid of the task that the engine is attached to
 * @engine: the engine
 * @events: union of UTRACE_EVENT() bits
 *
 * Context: any; does not sleep.
 *
 * Return: like utrace_set_events(); %-ESRCH where no task has @pid, or another
 * than the engine's has, since an execve().
 */
int utrace_set_events_pid(struct pid *pid, struct utrace_engine *engine,
			  unsigned long events)
{
	struct task_struct *target __free(put_task) =
		get_pid_task(pid, PIDTYPE_PID);

	if (!target)
		return -ESRCH;
	return utrace_set_events(target, engine, events);
}

/* May an engine hold the task, and does one? */
static bool utrace_holds(struct task_struct *target, struct utrace *utrace)
{
	unsigned long how = ENGINE_STOP;

	lockdep_assert_held(&target->sighand->siglock);
	if (__fatal_signal_pending(target))
		return false;
	if (target->jobctl & JOBCTL_KILLED)
		how = ENGINE_STOP_DYING;
	return READ_ONCE(utrace->wants) & how;
}

/* Something has changed for utrace_await_held(). */
static void utrace_wake_waiters(struct utrace *utrace)
{
	/* Pairs with utrace_await_held(). */
	smp_mb();
	if (unlikely(atomic_read(&utrace->waiters)))
		wake_up_var(&utrace->held);
}

/*
 * Does an engine hold the task that does not want to hear of job control? Its
 * stop is not to be disturbed.
 */
static bool utrace_held_by_deaf(struct utrace *utrace)
{
	struct utrace_engine *engine;
	unsigned long flags;

	guard(rcu)();
	list_for_each_entry_rcu(engine, &utrace->engines, entry) {
		flags = READ_ONCE(engine->flags);
		if ((flags & (ENGINE_STOP | ENGINE_DETACHED)) == ENGINE_STOP &&
		    !(flags & UTRACE_EVENT(JCTL)))
			return true;
	}
	return false;
}

/*
 * Is the task to wake up from its stop? One that is frozen counts as stopped,
 * whoever holds it, and goes on with utrace_unfreeze().
 */
static __always_inline bool utrace_end_stop(struct task_struct *target,
					    struct utrace *utrace)
{
	lockdep_assert_held(&target->sighand->siglock);
	lockdep_assert_held(&utrace->lock);

	if (!(target->utrace_flags & UTRACE_TASK_STOPPED) ||
	    (target->jobctl & JOBCTL_TRACED_FROZEN))
		return false;
	if (utrace_holds(target, utrace))
		return utrace->jctl_wake && !utrace_held_by_deaf(utrace);
	utrace_clear_private(target, utrace, UTRACE_TASK_STOPPED);
	return true;
}

/* After utrace_end_stop(), and with all set that is to reach the task. */
static void utrace_let_go(struct task_struct *target, struct utrace *utrace)
{
	lockdep_assert_held(&target->sighand->siglock);

	if (utrace->held) {
		target->jobctl &= ~JOBCTL_TRACED;
		wake_up_state(target, __TASK_TRACED);
	} else {
		/* On its way there, it may not stop at all now. */
		utrace_wake_waiters(utrace);
	}
}

/*
 * Let the task go on if no engine holds it. Whatever else a request needs to
 * reach the task must have been set before.
 */
static void utrace_wake(struct task_struct *target, struct utrace *utrace)
{
	bool ended;

	scoped_guard(spinlock, &utrace->lock)
		ended = utrace_end_stop(target, utrace);
	if (ended)
		utrace_let_go(target, utrace);
}

/*
 * Remember the request that leads to more; smaller is stronger. It is the engine's,
 * or that of job control.
 */
static void utrace_request(struct task_struct *target, struct utrace *utrace,
			   const struct utrace_engine *engine,
			   enum utrace_resume_action action)
{
	lockdep_assert_held(&utrace->lock);
	if (utrace->resume == UTRACE_RESUME)
		utrace->asker = engine;
	else if (utrace->asker != engine)
		utrace->asker = NULL;
	WRITE_ONCE(utrace->asked, true);
	WRITE_ONCE(utrace->resume, min(utrace->resume, action));
	utrace_set_private(target, utrace, action == UTRACE_INTERRUPT ?
			   UTRACE_TASK_ASKED | UTRACE_TASK_FORCE :
			   UTRACE_TASK_ASKED);
}

static int utrace_detach(struct task_struct *target, struct utrace *utrace,
			 struct utrace_engine *engine)
{
	unsigned long flags;
	bool dying;
	int ret;

	scoped_guard(spinlock_irqsave, &utrace->lock) {
		dying = utrace->death == UTRACE_DYING;
		/* From report_death() report_reap() is yet to come. */
		if ((engine->flags & ENGINE_DETACHED) ||
		    (utrace->reap && !(dying && utrace_is_self(target))))
			return -ESRCH;
		if (dying && !utrace_is_self(target))
			return -EALREADY;
		WRITE_ONCE(engine->flags, utrace_detached_flags(engine->flags));
		utrace_update(target, utrace);
	}
	ret = utrace_finish_detach(target, utrace, engine);

	/*
	 * Its stop may have been the last that held the task. Both of these the
	 * task sets under the lock, looking at what engines want: if it has not
	 * yet, it does not find this engine.
	 */
	if ((READ_ONCE(target->utrace_flags) & UTRACE_TASK_STOPPED) &&
	    lock_task_sighand(target, &flags)) {
		utrace_wake(target, utrace);
		unlock_task_sighand(target, &flags);
	}
	/* Its steps may have been the last. */
	if (READ_ONCE(utrace->armed))
		set_notify_resume(target);
	return ret;
}

static void utrace_own_jctl_stop(struct task_struct *target,
				 struct utrace *utrace)
{
	lockdep_assert_held(&utrace->lock);
	utrace->jctl_stop = true;
	utrace_set_private(target, utrace,
			   UTRACE_TASK_STOPPED | UTRACE_TASK_FORCE);
}

/*
 * A task in a job control stop is woken from it and goes straight into ours,
 * which ends in a job control stop again if that still lasts.
 */
static bool utrace_take_over_stop(struct task_struct *target,
				  struct utrace *utrace,
				  struct utrace_engine *engine)
{
	lockdep_assert_held(&target->sighand->siglock);

	if (!(target->jobctl & JOBCTL_STOPPED))
		return false;
	scoped_guard(spinlock, &utrace->lock) {
		if (engine->flags & ENGINE_DETACHED)
			return false;
		utrace_own_jctl_stop(target, utrace);
	}
	target->jobctl &= ~JOBCTL_STOPPED;
	wake_up_state(target, __TASK_STOPPED);
	return true;
}

static unsigned long utrace_want_of(enum utrace_resume_action action)
{
	switch (action) {
	case UTRACE_STOP:
		return ENGINE_STOP;
	case UTRACE_SINGLESTEP:
		return ENGINE_SINGLESTEP;
	case UTRACE_BLOCKSTEP:
		return ENGINE_BLOCKSTEP;
	default:
		return 0;
	}
}

/* The stop is over for the engine, whatever the others want. */
static __always_inline void utrace_end_part(struct task_struct *target,
					    struct utrace *utrace,
					    struct utrace_engine *engine)
{
	lockdep_assert_held(&target->sighand->siglock);
	utrace->stopped--;
	engine->stopped = false;
	if (engine->ops->stop_end)
		engine->ops->stop_end(engine, target);
}

/*
 * Is the engine to be asked before the task stops because of its request? Not if it
 * stops the task already by what a callback has returned, and would have to let go of
 * it to be asked.
 */
static bool utrace_asks_first(const struct utrace_engine *engine,
			      unsigned long before)
{
	if (!(engine->flags & UTRACE_EVENT(QUIESCE)) || !utrace_can_be_asked(engine))
		return false;
	return !utrace_only_hears_signals(engine) ||
	       (before & (ENGINE_STOP | ENGINE_ASK | ENGINE_ANSWERING)) != ENGINE_STOP;
}

/* @before: the engine's flags before the request */
static int utrace_control_stop(struct task_struct *target,
			       struct utrace *utrace,
			       struct utrace_engine *engine,
			       unsigned long before)
{
	/*
	 * This only changes with the siglock held. In a round of callbacks the task
	 * is awake, and what they return counts.
	 */
	if (READ_ONCE(target->utrace_flags) & UTRACE_TASK_STOPPED) {
		if (!utrace->in_round)
			return 0;
	} else if (engine->stopped) {
		/* All have let go, but it is still there: another stop comes. */
		utrace_end_part(target, utrace, engine);
	}
	if (utrace_take_over_stop(target, utrace, engine))
		return 0;
	scoped_guard(spinlock, &utrace->lock) {
		/* By its own callback, or by who does not take the siglock. */
		if (engine->flags & ENGINE_DETACHED)
			return -ESRCH;
		utrace_set_private(target, utrace, UTRACE_TASK_ASKED);
		/*
		 * With QUIESCE the engine is asked again, at the right place; but not
		 * for what it says when it is asked, nor if it has been since the
		 * lock was free.
		 */
		if ((engine->flags & ENGINE_STOP_ASKED) &&
		    utrace_asks_first(engine, before) &&
		    !(utrace_running(engine) && utrace_is_self(target))) {
			WRITE_ONCE(engine->flags, engine->flags | ENGINE_ASK);
			utrace->ask = true;
			utrace_request(target, utrace, engine, UTRACE_REPORT);
		}
	}
	set_notify_resume(target);
	return -EINPROGRESS;
}

/*
 * Break an interruptible wait, but none that is part of dying. Who stands in for
 * job control also takes over from there.
 */
static void utrace_interrupt(struct task_struct *target,
			     struct utrace_engine *engine)
{
	lockdep_assert_held(&target->sighand->siglock);

	if ((target->jobctl & JOBCTL_STOPPED) &&
	    (READ_ONCE(engine->flags) & UTRACE_EVENT(GROUP_STOP))) {
		target->jobctl &= ~JOBCTL_STOPPED;
		signal_wake_up_state(target, __TASK_STOPPED);
		return;
	}
	if (!(target->flags & (PF_EXITING | PF_DUMPCORE)) &&
	    !target->signal->core_state)
		signal_wake_up(target, 0);
}

/*
 * What a utrace_control() is first of all. Is the task to wake up from its stop?
 * It does not get far before the siglock is free. @before is set to the engine's flags
 * until now.
 */
static __always_inline int utrace_want(struct task_struct *target,
				       struct utrace *utrace,
				       struct utrace_engine *engine,
				       enum utrace_resume_action action,
				       unsigned long *before)
{
	unsigned long flags;

	lockdep_assert_held(&target->sighand->siglock);
	guard(spinlock)(&utrace->lock);

	flags = engine->flags;
	*before = flags;
	if ((flags & ENGINE_DETACHED) || READ_ONCE(target->exit_state))
		return -ESRCH;
	if (!(flags & UTRACE_EVENT(QUIESCE)) &&
	    (action == UTRACE_REPORT || action == UTRACE_SINGLESTEP ||
	     action == UTRACE_BLOCKSTEP))
		return -EINVAL;

	flags &= ~(ENGINE_WANTS | ENGINE_STOP_STATE);
	flags |= utrace_want_of(action);
	/*
	 * What a callback of now returns must not undo this; nor does it make less of
	 * the stop of a task that dies.
	 */
	if (action == UTRACE_STOP)
		flags |= ENGINE_STOP_ASKED | (*before & ENGINE_STOP_DYING);
	WRITE_ONCE(engine->flags, flags);
	if (action == UTRACE_REPORT || action == UTRACE_INTERRUPT)
		utrace_request(target, utrace, engine, action);
	utrace_update_wants(target, utrace, engine);
	return utrace_end_stop(target, utrace);
}

/* Have the task look at what it was asked for. */
static void utrace_notify(struct task_struct *target, struct utrace *utrace,
			  struct utrace_engine *engine,
			  enum utrace_resume_action action)
{
	if (action == UTRACE_RESUME && !READ_ONCE(utrace->armed))
		return;
	if (action == UTRACE_INTERRUPT)
		utrace_interrupt(target, engine);
	else
		set_notify_resume(target);
}

static int utrace_control_attached(struct task_struct *target,
				   struct utrace *utrace,
				   struct utrace_engine *engine,
				   enum utrace_resume_action action)
{
	unsigned long before;
	int ended = utrace_want(target, utrace, engine, action, &before);
	int ret = 0;

	if (ended < 0)
		return ended;
	if (action == UTRACE_STOP)
		ret = utrace_control_stop(target, utrace, engine, before);
	else
		utrace_notify(target, utrace, engine, action);
	/* A task that was killed, too, which is not held by such a stop. */
	if (ended)
		utrace_let_go(target, utrace);
	return ret;
}

/**
 * utrace_control - stop, resume or leave a task
 * @target: the task that the engine is attached to
 * @engine: the engine
 * @action: what the engine wants of it from now on
 *
 * %UTRACE_STOP asks the task to stop; the engine holds it until it says
 * otherwise, here or by what a callback returns.  An engine that asked for QUIESCE
 * gets report_quiesce() or report_signal() first, if it has either, and stops the
 * task by returning %UTRACE_STOP again.  It does not if one of its callbacks has
 * called this; nor, without report_quiesce(), if it has stopped the task by what it
 * returned, or where report_signal() would come too late: past report_exit(), in a
 * stop of job control, and in a vfork().  All other actions end a stop of this
 * engine, and the task runs as soon as no engine holds it.  %UTRACE_REPORT brings
 * a callback soon, but does not interrupt a system call that sleeps.
 * %UTRACE_INTERRUPT does, as a signal would, and brings a report_signal() before the
 * next signal is taken, if the engine asked for QUIESCE or an event of signals.
 * %UTRACE_SINGLESTEP and %UTRACE_BLOCKSTEP last until the engine says otherwise.
 *
 * Callbacks that are made under RCU alone, from &utrace_engine_ops.stop_commit to
 * &utrace_engine_ops.killed, may still begin just after %UTRACE_DETACH: what they
 * use is freed after a grace period.
 *
 * Context: any, without the siglock of @target; does not sleep.  @target may be a
 *	stale pointer.
 *
 * Return:
 * * %0 - done; with %UTRACE_STOP, the task is stopped; with %UTRACE_DETACH, no
 *   callback will come
 * * %-EINPROGRESS - with %UTRACE_STOP, the task will stop soon if it does not die
 *   first, a worker of the kernel when it looks for signals; with %UTRACE_DETACH, a
 *   callback may be running now, see utrace_barrier()
 * * %-EINVAL - unknown @action; %UTRACE_REPORT, %UTRACE_SINGLESTEP or
 *   %UTRACE_BLOCKSTEP without QUIESCE among the engine's events
 * * %-EOPNOTSUPP - the machine cannot step so
 * * %-EALREADY - %UTRACE_DETACH while report_death() may be running
 * * %-ESRCH - the engine is detached, or the task is dead; with %UTRACE_DETACH, the
 *   task is being reaped
 */
int utrace_control(struct task_struct *target, struct utrace_engine *engine,
		   enum utrace_resume_action action)
{
	struct utrace *utrace;
	unsigned long flags;
	int ret;

	guard(rcu)();
	utrace = utrace_attached_to(target, engine);
	if (!utrace)
		return -ESRCH;

	switch (action) {
	case UTRACE_DETACH:
		return utrace_detach(target, utrace, engine);
	case UTRACE_SINGLESTEP:
		if (!arch_has_single_step())
			return -EOPNOTSUPP;
		break;
	case UTRACE_BLOCKSTEP:
		if (!arch_has_block_step())
			return -EOPNOTSUPP;
		break;
	case UTRACE_STOP:
	case UTRACE_INTERRUPT:
	case UTRACE_REPORT:
	case UTRACE_RESUME:
		break;
	default:
		return -EINVAL;
	}

	if (!lock_task_sighand(target, &flags))
		return -ESRCH;
	ret = utrace_control_attached(target, utrace, engine, action);
	unlock_task_sighand(target, &flags);
	return ret;
}

/**
 * utrace_control_locked - utrace_control(), for a caller that has the siglock
 * @target: the task that the engine is, or was, attached to
 * @engine: the engine
 * @action: %UTRACE_STOP, %UTRACE_INTERRUPT, %UTRACE_REPORT or %UTRACE_RESUME
 *
 * For what must be true of the task until the moment when it goes on.
 *
 * Context: the siglock of @target is held; does not sleep.
 *
 * Return: like utrace_control(), where @action is one of these; %-EINVAL, also where
 * it is another.
 */
int utrace_control_locked(struct task_struct *target,
			  struct utrace_engine *engine,
			  enum utrace_resume_action action)
{
	lockdep_assert_held(&target->sighand->siglock);

	switch (action) {
	case UTRACE_STOP:
	case UTRACE_INTERRUPT:
	case UTRACE_REPORT:
	case UTRACE_RESUME:
		return utrace_control_attached(target, engine->utrace, engine,
					       action);
	default:
		return -EINVAL;
	}
}

/**
 * utrace_control_pid - stop, resume or leave a task
 * @pid: pid of the task that the engine is attached to
 * @engine: the engine
 * @action: what the engine wants of it from now on
 *
 * Context: any, without the siglock of the task; does not sleep.
 *
 * Return: like utrace_control(); %-ESRCH where no task has @pid, or another than
 * the engine's has, since an execve().
 */
int utrace_control_pid(struct pid *pid, struct utrace_engine *engine,
		       enum utrace_resume_action action)
{
	struct task_struct *target __free(put_task) =
		get_pid_task(pid, PIDTYPE_PID);

	if (!target)
		return -ESRCH;
	return utrace_control(target, engine, action);
}

/**
 * utrace_ask_locked - utrace_ask(), for a caller that has the siglock
 * @target: the task that the engine is, or was, attached to
 * @engine: the engine
 * @action: %UTRACE_REPORT or %UTRACE_INTERRUPT
 *
 * For what must be true of the task from the moment when it is asked.
 *
 * Context: the siglock of @target is held; does not sleep.
 *
 * Return: like utrace_ask(), where @action is one of these.
 */
int utrace_ask_locked(struct task_struct *target, struct utrace_engine *engine,
		      enum utrace_resume_action action)
{
	struct utrace *utrace = engine->utrace;

	lockdep_assert_held(&target->sighand->siglock);

	scoped_guard(spinlock, &utrace->lock) {
		if ((engine->flags & ENGINE_DETACHED) ||
		    READ_ONCE(target->exit_state))
			return -ESRCH;
		if (action == UTRACE_REPORT &&
		    !(engine->flags & UTRACE_EVENT(QUIESCE)))
			return -EINVAL;
		utrace_request(target, utrace, engine, action);
	}
	if (action == UTRACE_REPORT)
		set_notify_resume(target);
	else
		utrace_interrupt(target, engine);
	return 0;
}

/**
 * utrace_ask - ask a task for a report, and let it be stopped or run meanwhile
 * @target: the task that the engine is attached to
 * @engine: the engine
 * @action: %UTRACE_REPORT or %UTRACE_INTERRUPT
 *
 * Other than utrace_control(), this does not end a stop of the engine, nor does
 * the engine cease to step the task.  Where the task is stopped, the report comes
 * when it leaves that stop.  %UTRACE_INTERRUPT from an engine that asked for
 * GROUP_STOP, here or there, also takes the task out of a job control stop.
 *
 * Context: any, without the siglock of @target; does not sleep.  @target may be a
 *	stale pointer.
 *
 * Return:
 * * %0 - done
 * * %-EINVAL - another @action, or %UTRACE_REPORT without QUIESCE among the engine's
 *   events
 * * %-ESRCH - the engine is detached, or the task is dead
 */
int utrace_ask(struct task_struct *target, struct utrace_engine *engine,
	       enum utrace_resume_action action)
{
	unsigned long flags;
	int ret;

	if (action != UTRACE_REPORT && action != UTRACE_INTERRUPT)
		return -EINVAL;
	guard(rcu)();
	if (!utrace_attached(target, engine) ||
	    !lock_task_sighand(target, &flags))
		return -ESRCH;
	ret = utrace_ask_locked(target, engine, action);
	unlock_task_sighand(target, &flags);
	return ret;
}

/**
 * utrace_withdraw - take back what utrace_ask() asked for
 * @target: the task that the engine is attached to, in a stop
 * @engine: the engine
 *
 * For an engine that stops the task for another reason before the report could be
 * made, and has no use for it any more.  What others asked for stays, and so does
 * the report then.
 *
 * Context: &utrace_engine_ops.stop_commit, with the siglock of @target held; does
 *	not sleep.
 */
void utrace_withdraw(struct task_struct *target, struct utrace_engine *engine)
{
	struct utrace *utrace = engine->utrace;

	lockdep_assert_held(&target->sighand->siglock);
	guard(spinlock)(&utrace->lock);
	if (utrace->resume == UTRACE_RESUME || utrace->asker != engine)
		return;
	WRITE_ONCE(utrace->resume, UTRACE_RESUME);
	/* Who holds the task needs no report for that: this is the stop. */
	if (!utrace_unfinished(utrace))
		utrace_clear_private(target, utrace,
				     UTRACE_TASK_FORCE | UTRACE_TASK_ASKED);
}

/**
 * utrace_leave_steps - leave it to the task that it is stepped
 * @target: the task that the engine is attached to
 * @engine: the engine
 *
 * The engine does not step the task any more.  Where no other does, the hardware is
 * left as it is, as if the task had set it up itself: the next trap is a signal that
 * nobody takes away.  Whoever steps the task again has it back, and so has an engine
 * that calls utrace_resume_frozen().
 *
 * Context: any; does not sleep.  @target may be a stale pointer.
 */
void utrace_leave_steps(struct task_struct *target,
			struct utrace_engine *engine)
{
	struct utrace *utrace;

	guard(rcu)();
	utrace = utrace_attached_to(target, engine);
	if (!utrace)
		return;
	guard(spinlock_irqsave)(&utrace->lock);
	WRITE_ONCE(engine->flags, engine->flags & ~ENGINE_STEPS);
	utrace_update(target, utrace);
	if ((utrace->wants & ENGINE_STEPS) || !utrace->armed)
		return;
	WRITE_ONCE(utrace->armed, 0);
	WRITE_ONCE(utrace->steps_left, true);
	utrace_clear_private(target, utrace, UTRACE_TASK_STEPS);
}

/* Is the callback over that was running, if it was, at @running? */
static bool utrace_settled(struct utrace_engine *engine, unsigned int running)
{
	unsigned long flags = READ_ONCE(engine->flags);

	if (flags & (ENGINE_DETACHED | ENGINE_REAPING))
		/* Pairs with utrace_gone(). */
		return smp_load_acquire(&engine->gone);
	/* Until then it cannot be detached. */
	if (flags & ENGINE_DYING)
		return false;
	/* Pairs with utrace_leave(). */
	return !(running & 1) || smp_load_acquire(&engine->running) != running;
}

/**
 * utrace_barrier - wait until the callback that may be running is over
 * @target: the task that the engine is, or was, attached to
 * @engine: the engine, which may be detached
 *
 * Only waits for a callback that began before this call: one with the events and
 * the state of before whatever the caller changed.  When the task has just died it
 * waits until all of its engines have been told, so that one that could not be detached
 * for that can be; and when it is being reaped, for report_reap(), which other engines'
 * final callbacks may come before.
 *
 * Once this has returned for a detached engine, none of its callbacks is entered,
 * other than those that are made under RCU.  To find out whether there are any of
 * these the core looks into the operations until a grace period has passed: free
 * them after that, if they are not a module's own data.
 *
 * Context: process context, may sleep.  @target may be a stale pointer.
 *
 * Return:
 * * %0 - the callback is over, or the engine's task is the current one
 * * %-ESRCH - the engine is detached, and its callbacks are over
 * * %-ERESTARTSYS - a signal came first
 */
int utrace_barrier(struct task_struct *target, struct utrace_engine *engine)
{
	unsigned int running;
	int err;

	/* Not where execve() has given the caller the pid of the engine's task. */
	if (target == current && READ_ONCE(current->utrace) == engine->utrace)
		return 0;

	atomic_inc(&engine->waiters);
	/* Pairs with utrace_enter(), utrace_leave() and utrace_end_dying(). */
	smp_mb__after_atomic();
	/* Where no callback runs, this is what utrace_leave() pairs with. */
	running = smp_load_acquire(&engine->running);
	err = wait_var_event_interruptible(&engine->running,
					   utrace_settled(engine, running));
	atomic_dec(&engine->waiters);
	if (err)
		return err;
	/* It may be in the next one, and detached since. Pairs with utrace_gone(). */
	return smp_load_acquire(&engine->gone) ? -ESRCH : 0;
}

/**
 * utrace_barrier_pid - wait until the callback that may be running is over
 * @pid: pid of the task that the engine is, or was, attached to
 * @engine: the engine, which may be detached
 *
 * Context: process context, may sleep.
 *
 * Return: like utrace_barrier(), also where no task has @pid any more.
 */
int utrace_barrier_pid(struct pid *pid, struct utrace_engine *engine)
{
	struct task_struct *target __free(put_task) =
		get_pid_task(pid, PIDTYPE_PID);

	return utrace_barrier(target, engine);
}

/* Is the task in its stop, or is it not to stop any more? */
static bool utrace_is_settled(struct task_struct *target,
			      struct utrace *utrace)
{
	/* Pairs with utrace_sleep(): after the stop, its end is in the flags. */
	if (smp_load_acquire(&utrace->held))
		return true;
	return !(READ_ONCE(target->utrace_flags) & UTRACE_TASK_STOPPED);
}

/* Wait for a task that is to stop to be in its stop, or not to stop at all. */
static int utrace_await_held(struct task_struct *target, struct utrace *utrace)
{
	int err;

	atomic_inc(&utrace->waiters);
	/* Pairs with utrace_wake_waiters(). */
	smp_mb__after_atomic();
	err = wait_var_event_killable(&utrace->held,
				      utrace_is_settled(target, utrace));
	atomic_dec(&utrace->waiters);
	return err;
}

/**
 * utrace_prepare_examine - get ready to look at the registers of a task
 * @target: the task, which the engine has stopped
 * @engine: the engine
 * @exam: to be passed to utrace_finish_examine()
 *
 * Where this returns 0, utrace_finish_examine() has to follow.  In between SIGKILL
 * may let the task run, and even die and be reaped: its kernel stack, with the user
 * registers, stays so long.  What else may be gone can only be read of a task that
 * utrace_freeze() keeps.
 *
 * Context: process context, may sleep; the caller holds a reference to @target.
 *
 * Return:
 * * %0 - the task is off the CPU and its registers are in memory
 * * %-ESRCH - the task is dead, or the engine detached
 * * %-EINVAL - this engine did not stop the task, or its callback is yet to say that
 *   it does, or @target is the current task
 * * %-EAGAIN - the task did not stop yet, or runs again, or the caller is killed
 */
int utrace_prepare_examine(struct task_struct *target,
			   struct utrace_engine *engine,
			   struct utrace_examiner *exam)
{
	if (target == current)
		return -EINVAL;

	scoped_guard(rcu) {
		unsigned long flags = READ_ONCE(engine->flags);

		if (!utrace_attached(target, engine) ||
		    READ_ONCE(target->exit_state))
			return -ESRCH;
		if (!(flags & ENGINE_STOP))
			return -EINVAL;
		/* wait_task_inactive() has the last word about it. */
		if (!(READ_ONCE(target->utrace_flags) & UTRACE_TASK_STOPPED))
			return -EAGAIN;
	}

	/* From a job control stop to ours it is a short way, but a way. */
	if (utrace_await_held(target, engine->utrace))
		return -EAGAIN;

	if (!try_get_task_stack(target))
		return -ESRCH;
	exam->ncsw = wait_task_inactive(target, __TASK_TRACED | TASK_FROZEN);
	if (exam->ncsw)
		return 0;
	put_task_stack(target);
	return READ_ONCE(target->exit_state) ? -ESRCH : -EAGAIN;
}

/**
 * utrace_finish_examine - was what was read of a task's registers valid?
 * @target: the task
 * @engine: the engine that has stopped it
 * @exam: from utrace_prepare_examine(), which has returned 0; not valid any more
 *
 * Context: process context, may sleep; the caller holds a reference to @target.
 *
 * Return:
 * * %0 - the task was off the CPU all the time
 * * %-EAGAIN - it ran or died meanwhile, or the engine is detached: forget what
 *   was read
 */
int utrace_finish_examine(struct task_struct *target,
			  struct utrace_engine *engine,
			  struct utrace_examiner *exam)
{
	unsigned long ncsw = 0;

	if (!(READ_ONCE(engine->flags) & ENGINE_DETACHED))
		ncsw = wait_task_inactive(target, __TASK_TRACED | TASK_FROZEN);
	put_task_stack(target);
	return ncsw && ncsw == exam->ncsw ? 0 : -EAGAIN;
}

static int utrace_freeze_locked(struct task_struct *target,
				struct utrace_engine *engine)
{
	unsigned long flags = READ_ONCE(engine->flags);
	struct utrace *utrace = engine->utrace;

	lockdep_assert_held(&target->sighand->siglock);

	/* Callbacks change it without the siglock, but not of a stopped task. */
	if (unlikely(!(flags & ENGINE_STOP)))
		return flags & ENGINE_DETACHED ? -ESRCH : -EINVAL;
	/* Woken for whatever reason, it is on its way out. */
	if (!task_is_traced(target) || !utrace_holds(target, utrace))
		return -EAGAIN;
	utrace->frozen++;
	target->jobctl |= JOBCTL_TRACED_FROZEN;
	return 0;
}

/**
 * utrace_freeze - keep a task in its stop, whatever comes
 * @target: the task, which the engine has stopped
 * @engine: the engine
 *
 * Until utrace_unfreeze() or utrace_resume_frozen() nothing lets the task run, not
 * even SIGKILL, so that its machine state can be changed as well as read, once
 * utrace_wait_frozen() has returned.  That must not take long.  Where several do
 * so, each ends it, and the last one counts.
 *
 * Context: any, without the siglock of @target; does not sleep.  @target may be a
 *	stale pointer.
 *
 * Return:
 * * %0 - done
 * * %-ESRCH - the task is reaped, or the engine detached
 * * %-EINVAL - this engine did not stop the task
 * * %-EAGAIN - the task did not stop yet, or was killed
 */
int utrace_freeze(struct task_struct *target, struct utrace_engine *engine)
{
	unsigned long flags;
	int ret;

	guard(rcu)();
	if (!utrace_attached(target, engine) ||
	    !lock_task_sighand(target, &flags))
		return -ESRCH;
	ret = utrace_freeze_locked(target, engine);
	unlock_task_sighand(target, &flags);
	return ret;
}

/**
 * utrace_wait_frozen - wait until a frozen task is off the CPU
 * @target: the task, which utrace_freeze() keeps
 *
 * Context: process context, may sleep.
 */
void utrace_wait_frozen(struct task_struct *target)
{
	struct utrace *utrace = target->utrace;

	/* Pairs with below: then what the task has left in memory can be seen, too. */
	if (smp_load_acquire(&utrace->off_cpu))
		return;
	if (WARN_ON_ONCE(!wait_task_inactive(target,
					     __TASK_TRACED | TASK_FROZEN)))
		return;
	/* Pairs with above, where others keep the task there, too. */
	smp_store_release(&utrace->off_cpu, true);
}

/* The last one who keeps the task there lets it go. */
static void utrace_end_freeze(struct task_struct *target, struct utrace *utrace)
{
	lockdep_assert_held(&target->sighand->siglock);
	if (!WARN_ON_ONCE(!utrace->frozen) && !--utrace->frozen)
		target->jobctl &= ~JOBCTL_TRACED_FROZEN;
}

/* Nobody else steps the task: what was left to it ends here. */
static noinline void utrace_end_steps_left(struct task_struct *target,
					   struct utrace *utrace)
{
	/* Only the task itself arms it, which is frozen. On some machines it sleeps. */
	if (!READ_ONCE(utrace->armed))
		user_disable_single_step(target);
	guard(spinlock_irq)(&utrace->lock);
	WRITE_ONCE(utrace->steps_left, false);
}

/**
 * utrace_resume_frozen - end the engine's stop of a task that is frozen
 * @target: the task, which utrace_freeze() keeps, after utrace_wait_frozen()
 * @engine: the engine
 * @action: what the engine wants of the task, as for utrace_control(), other than
 *	%UTRACE_STOP and %UTRACE_DETACH.  Reports and steps need an engine that asked
 *	for QUIESCE, and steps a machine that has them
 *
 * &utrace_engine_ops.stop_end, which is due if the stop began with the engine, is
 * called before the task can run.  Takes the place of the utrace_unfreeze() that
 * would be due.
 *
 * Context: process context, may sleep; the caller holds a reference to @target.
 */
void utrace_resume_frozen(struct task_struct *target,
			  struct utrace_engine *engine,
			  enum utrace_resume_action action)
{
	struct utrace *utrace = target->utrace;
	unsigned long before;
	int ended;

	if (unlikely(READ_ONCE(utrace->steps_left)))
		utrace_end_steps_left(target, utrace);

	/* What is frozen does not lose its sighand. */
	spin_lock_irq(&target->sighand->siglock);
	if (likely(engine->stopped && !utrace_is_detached(engine)))
		utrace_end_part(target, utrace, engine);
	utrace_end_freeze(target, utrace);
	ended = utrace_want(target, utrace, engine, action, &before);
	if (unlikely(ended < 0)) {
		/* It may have been detached. */
		WARN_ON_ONCE(ended == -EINVAL);
		utrace_wake(target, utrace);
	} else {
		utrace_notify(target, utrace, engine, action);
		if (ended)
			utrace_let_go(target, utrace);
	}
	spin_unlock_irq(&target->sighand->siglock);
}

/**
 * utrace_unfreeze - end what utrace_freeze() began
 * @target: the task; the engine that it was frozen for may be detached
 *
 * What came meanwhile has its effect now, unless others keep the task, too.
 *
 * Context: process context, interrupts enabled; does not sleep; the caller holds
 *	a reference to @target.
 */
void utrace_unfreeze(struct task_struct *target)
{
	struct utrace *utrace = target->utrace;

	guard(spinlock_irq)(&target->sighand->siglock);
	utrace_end_freeze(target, utrace);
	/* Who ends a stop from here on finds it not frozen under the siglock. */
	if (!utrace_holds(target, utrace) || utrace->jctl_wake)
		utrace_wake(target, utrace);
}

/* --- stopping */

/* Entered engines stay where they are until utrace_leave(). */
static bool utrace_enter(struct utrace_engine *engine)
{
	WRITE_ONCE(engine->running, engine->running + 1);
	/* Pairs with whoever changes the flags, and with utrace_barrier(). */
	smp_mb();
	return !(READ_ONCE(engine->flags) & ENGINE_DETACHED);
}

/* Has the engine to be taken off the list by us, now that we are out of it? */
static noinline bool utrace_unlink_left(struct utrace *utrace,
					struct utrace_engine *engine)
{
	guard(spinlock_irqsave)(&utrace->lock);
	if (engine->flags & ENGINE_UNLINKED)
		return false;
	utrace_unlink_detached(current, utrace, engine);
	return true;
}

/* Counterpart of utrace_enter(); the engine may be gone afterwards. */
static __always_inline void utrace_leave(struct utrace *utrace,
					 struct utrace_engine *engine)
{
	bool unlinked = false;

	scoped_guard(rcu) {
		/* Pairs with utrace_running() and utrace_settled()... */
		smp_store_release(&engine->running, engine->running + 1);
		/* ... and with utrace_finish_detach() and utrace_barrier(). */
		smp_mb();
		if (unlikely(READ_ONCE(engine->flags) & ENGINE_DETACHED))
			unlinked = utrace_unlink_left(utrace, engine);
		else if (unlikely(atomic_read(&engine->waiters)))
			wake_up_var(&engine->running);
	}
	if (unlikely(unlinked))
		utrace_gone(current, engine);
}

/* Detached before it was entered. Was it left to us to take it off the list? */
static noinline bool utrace_back_out(struct utrace *utrace,
				     struct utrace_engine *engine)
{
	bool unlinked = utrace_unlink_left(utrace, engine);

	WRITE_ONCE(engine->running, engine->running + 1);
	return unlinked;
}

/*
 * Enter the engine after *@engine, among those attached up to @seq. Returns false
 * if that was just detached: there may be yet another one.
 */
static __always_inline bool utrace_enter_next(struct utrace *utrace, u64 seq,
					      struct utrace_engine **engine,
					      bool reverse)
{
	struct utrace_engine *next = *engine;
	bool unlinked;

	scoped_guard(rcu) {
		do {
			next = utrace_next(utrace, next, reverse);
		} while (next && next->seq > seq);
		*engine = next;
		if (!next || likely(utrace_enter(next)))
			return true;
		unlinked = utrace_back_out(utrace, next);
	}
	/* The attachment's reference is ours then. */
	if (unlinked)
		utrace_gone(current, next);
	return false;
}

/*
 * One step of a walk over the engines that were attached when it began: leave
 * @prev, which may be NULL at the start, and enter the next.  Part of each
 * callback, and so of each system call that is traced, hence inlined.
 */
static __always_inline struct utrace_engine *
utrace_step(struct utrace *utrace, u64 seq, struct utrace_engine *prev,
	    bool reverse)
{
	struct utrace_engine *engine;

	/* What @prev is linked to is up to date until it is left. */
	do {
		engine = prev;
	} while (unlikely(!utrace_enter_next(utrace, seq, &engine, reverse)));

	if (prev)
		utrace_leave(utrace, prev);
	return engine;
}

/*
 * Is it to hear what others do to the task, as it asked for one of these events? Not
 * before its owner has it and can ask, nor when it may have heard of the end already.
 */
static bool utrace_cares(const struct utrace_engine *engine, unsigned long events)
{
	/* Pairs with utrace_set_events(). */
	unsigned long flags = smp_load_acquire(&engine->flags);

	return (flags & events) && !(flags & (ENGINE_DETACHED | ENGINE_REAPING));
}

/*
 * The callbacks around a stop do not sleep. They are made in a walk under RCU that does
 * not enter the engines, so one that is detached at this moment may still be called.
 */
static void utrace_stop_commit(struct utrace *utrace)
{
	struct utrace_engine *engine;
	unsigned long flags;

	guard(rcu)();
	list_for_each_entry_rcu(engine, &utrace->engines, entry) {
		flags = READ_ONCE(engine->flags);
		if ((flags & (ENGINE_STOP | ENGINE_DETACHED)) != ENGINE_STOP)
			continue;
		/* The stop goes on, after news of job control for instance. */
		if (engine->stopped)
			continue;
		/* What it wanted before the task was killed does not count. */
		if (unlikely(current->jobctl & JOBCTL_KILLED) &&
		    !(flags & ENGINE_STOP_DYING))
			continue;
		utrace->stopped++;
		engine->stopped = true;
		engine->announce = true;
		if (engine->ops->stop_commit)
			engine->ops->stop_commit(engine, current);
	}
}

static void utrace_stop_announce(struct utrace *utrace)
{
	struct utrace_engine *engine;

	guard(rcu)();
	list_for_each_entry_rcu(engine, &utrace->engines, entry) {
		if (utrace_is_detached(engine))
			continue;
		if (engine->announce) {
			engine->announce = false;
			if (engine->ops->stop_announce)
				engine->ops->stop_announce(engine, current);
		}
	}
}

static void utrace_stop_end(struct utrace *utrace)
{
	struct utrace_engine *engine;

	guard(rcu)();
	list_for_each_entry_rcu(engine, &utrace->engines, entry) {
		if (utrace_is_detached(engine))
			continue;
		if (engine->stopped)
			utrace_end_part(current, utrace, engine);
	}
	/* Some may have left since. */
	utrace->stopped = 0;
}

static bool utrace_group_stopped(struct task_struct *task)
{
	struct signal_struct *signal = task->signal;

	lockdep_assert_held(&task->sighand->siglock);
	return (signal->flags & SIGNAL_STOP_STOPPED) ||
	       signal->group_stop_count;
}

/* Does an engine want the task to stop, or not to leave its stop? */
static bool utrace_must_stop(struct utrace *utrace, bool stopped)
{
	bool stop;

	lockdep_assert_held(&current->sighand->siglock);

	/*
	 * Who ended the stop may have said so; and to have the task stop once more
	 * takes the siglock.
	 */
	if (stopped &&
	    !(READ_ONCE(utrace->wants) & (ENGINE_STOP | ENGINE_STOP_DYING)) &&
	    !(READ_ONCE(current->utrace_flags) & UTRACE_TASK_STOPPED))
		return false;

	spin_lock(&utrace->lock);
	stop = utrace_holds(current, utrace);
	if (stop)
		utrace_set_private(current, utrace, UTRACE_TASK_STOPPED);
	else
		utrace_clear_private(current, utrace, UTRACE_TASK_STOPPED);
	spin_unlock(&utrace->lock);
	/* It was killed on its way into the stop, say. */
	if (!stop)
		utrace_wake_waiters(utrace);
	return stop;
}

/*
 * The sleep itself. Between the moment when the stop can be seen and the moment
 * when the task is off the CPU it is not preempted, so that those who wait for
 * the latter need not wait long.
 */
static void utrace_sleep(struct utrace *utrace)
	__releases(&current->sighand->siglock)
	__acquires(&current->sighand->siglock)
{
	lockdep_assert_held(&current->sighand->siglock);

	trace_utrace_stop(current);
	set_special_state(TASK_TRACED);
	current->jobctl |= JOBCTL_TRACED;
	/* Who may look at this has found JOBCTL_TRACED, in utrace_freeze_locked(). */
	WRITE_ONCE(utrace->off_cpu, false);
	/*
	 * utrace_is_settled() goes by this alone: what comes of it wait_task_inactive()
	 * knows better.
	 */
	WRITE_ONCE(utrace->held, true);
	utrace_stop_commit(utrace);
	if (!IS_ENABLED(CONFIG_PREEMPT_RT))
		preempt_disable();
	spin_unlock_irq(&current->sighand->siglock);

	utrace_wake_waiters(utrace);
	utrace_stop_announce(utrace);
	cgroup_enter_frozen();
	if (!IS_ENABLED(CONFIG_PREEMPT_RT))
		preempt_enable_no_resched();
	schedule();
	cgroup_leave_frozen(true);
	trace_utrace_resume(current);

	spin_lock_irq(&current->sighand->siglock);
	/* Pairs with utrace_is_settled(). */
	smp_store_release(&utrace->held, false);
}

/* The stop does not stand for a job control stop any more. */
static void utrace_drop_jctl_stop(struct utrace *utrace)
{
	lockdep_assert_held(&current->sighand->siglock);
	guard(spinlock)(&utrace->lock);
	utrace->jctl_stop = false;
	utrace_unforce(current, utrace);
}

/* Keep in mind what engines were told, or are to be told, of job control. */
static void utrace_owe_news(struct task_struct *task, struct utrace *utrace,
			    bool *news)
{
	lockdep_assert_held(&task->sighand->siglock);
	guard(spinlock)(&utrace->lock);
	if (task->utrace_flags & UTRACE_EVENT(JCTL))
		WRITE_ONCE(*news, true);
}

/*
 * A stop that was laid over a job control stop ends in one, unless that was
 * continued meanwhile.
 */
static void utrace_end_jctl_stop(struct utrace *utrace)
{
	lockdep_assert_held(&current->sighand->siglock);

	utrace_drop_jctl_stop(utrace);
	if (!utrace_group_stopped(current)) {
		if (!utrace->continue_told)
			utrace_owe_news(current, utrace, &utrace->continued);
		return;
	}
	if (!(current->jobctl & JOBCTL_STOP_SIGMASK))
		current->jobctl |= SIGSTOP;
	task_set_jobctl_pending(current, JOBCTL_STOP_PENDING);
}

/* Set the hardware up for these steps. Enabling may sleep. */
static void utrace_set_hardware(struct utrace *utrace, unsigned long steps)
{
	if (steps & ENGINE_SINGLESTEP)
		user_enable_single_step(current);
	else if (steps)
		user_enable_block_step(current);
	else if (READ_ONCE(utrace->armed))
		user_disable_single_step(current);
}

/* And say so. Who wanted less meanwhile had no reason to tell us. */
static bool utrace_set_armed(struct utrace *utrace, unsigned long steps)
{
	guard(spinlock_irqsave)(&utrace->lock);
	WRITE_ONCE(utrace->armed, steps);
	WRITE_ONCE(utrace->steps_left, false);
	if (!steps)
		utrace->soft_trap = false;
	utrace_update(current, utrace);
	return steps == (utrace->wants & ENGINE_STEPS);
}

/*
 * Is the task about to execute the copy of an instruction that a uprobe took the
 * place of? For as long the hardware is theirs.
 */
static bool utrace_in_uprobe(void)
{
	struct pt_regs *regs = task_pt_regs(current);
	unsigned long ip = instruction_pointer(regs);

	return unlikely(uprobe_get_trap_addr(regs) != ip);
}

/* Uprobes let the task go to get_signal() when they are done, if it has to. */
static void utrace_arm_after_uprobe(struct utrace *utrace)
{
	guard(spinlock_irqsave)(&utrace->lock);
	WRITE_ONCE(utrace->arm_later, true);
	utrace_set_private(current, utrace, UTRACE_TASK_FORCE);
}

/* Is the hardware set up for steps that no engine wants any more? */
static bool utrace_steps_in_vain(struct utrace *utrace)
{
	return READ_ONCE(utrace->armed) &&
	       !(READ_ONCE(utrace->wants) & ENGINE_STEPS);
}

/* A trap that get_signal() is about to take, and to drop if it is one of a step? */
static bool utrace_trap_on_its_way(void)
{
	/* It is the task that sends itself traps, others may send what they like. */
	return data_race(sigismember(&current->pending.signal, SIGTRAP)) &&
	       !sigismember(&current->blocked, SIGTRAP);
}

static noinline void utrace_change_hardware(struct utrace *utrace)
{
	unsigned long steps;

	if (utrace_in_uprobe()) {
		utrace_arm_after_uprobe(utrace);
		return;
	}
	/* As long as the hardware is set up it is known whose trap that is. */
	if (utrace_steps_in_vain(utrace) && utrace_trap_on_its_way()) {
		set_notify_resume(current);
		return;
	}
	do {
		steps = READ_ONCE(utrace->wants) & ENGINE_STEPS;
		utrace_set_hardware(utrace, steps);
	} while (READ_ONCE(utrace->armed) != steps &&
		 !utrace_set_armed(utrace, steps));
}

/*
 * Set the hardware up for what the engines want now. Where that is done for each
 * step it takes long, as some machines look at the next instruction.
 */
static void utrace_arm(struct utrace *utrace)
{
	if (unlikely(READ_ONCE(current->utrace_flags) & UTRACE_TASK_STEPS))
		utrace_change_hardware(utrace);
}

/* Is the hardware set up for just what the engines want? */
static bool utrace_is_armed(struct utrace *utrace)
{
	return READ_ONCE(utrace->armed) ==
	       (READ_ONCE(utrace->wants) & ENGINE_STEPS);
}

/* For a trap that is about to be sent. One that is pending stays what it is. */
static void utrace_expect_soft_trap(struct utrace *utrace)
{
	/* As in utrace_trap_on_its_way(). */
	if (!data_race(sigismember(&current->pending.signal, SIGTRAP)))
		utrace->soft_trap = true;
}

/**
 * utrace_report_stepped_exit - dispatch tracehook_report_syscall_exit() of a step
 * @regs: user registers of the current task, with the result of the call
 *
 * Context: no locks held, may sleep.
 *
 * Return: true if the trap after the call is to be sent. False if the steps were for
 * engines none of which wants them any more; they end here.
 */
bool utrace_report_stepped_exit(struct pt_regs *regs)
{
	struct utrace *utrace = utrace_of(current);
	/* On some machines uprobes step a task, too, and a step may be left to it. */
	bool ours = utrace && READ_ONCE(utrace->armed);
	bool due;

	if (READ_ONCE(current->utrace_flags) & UTRACE_EVENT(SYSCALL_EXIT))
		utrace_report_syscall_exit(regs);
	if (!ours || READ_ONCE(utrace->steps_left))
		return true;
	due = READ_ONCE(utrace->wants) & ENGINE_STEPS;
	if (due)
		utrace_expect_soft_trap(utrace);
	else
		utrace_arm(utrace);
	return due;
}

/**
 * utrace_soft_trap - dispatch tracehook_soft_step_trap()
 *
 * Whether an engine still wants it is seen when it is taken: as long as the hardware
 * is set up for steps it is an engine's.
 *
 * Context: any; does not sleep.
 */
void utrace_soft_trap(void)
{
	struct utrace *utrace = utrace_of(current);

	if (READ_ONCE(utrace->armed))
		utrace_expect_soft_trap(utrace);
}

static void utrace_jctl_round(struct utrace *utrace, int notify, int type);
static void utrace_ask_round(void);

/* Have engines heard of this SIGCONT? They have then. */
static bool utrace_told_continued(struct utrace *utrace)
{
	bool told = utrace->continue_told;

	lockdep_assert_held(&current->sighand->siglock);
	WRITE_ONCE(utrace->continued, false);
	WRITE_ONCE(utrace->stop_told, false);
	utrace->continue_told = true;
	return told;
}

/* Engines are about to hear that the task stops, and are owed the end of that. */
static void utrace_tell_stopped(struct utrace *utrace)
{
	WRITE_ONCE(utrace->continued, false);
	utrace_owe_news(current, utrace, &utrace->stop_told);
}

/* Job control went on without us. */
static noinline void utrace_tell_jctl(struct utrace *utrace)
	__releases(&current->sighand->siglock)
	__acquires(&current->sighand->siglock)
{
	int type = utrace_group_stopped(current) ? CLD_STOPPED : CLD_CONTINUED;

	utrace->jctl_wake = false;
	if (type == CLD_CONTINUED) {
		if (utrace->jctl_stop)
			utrace_drop_jctl_stop(utrace);
		if (utrace_told_continued(utrace))
			return;
	} else {
		utrace_tell_stopped(utrace);
	}
	utrace->in_round = true;
	spin_unlock_irq(&current->sighand->siglock);
	utrace_jctl_round(utrace, 0, type);
	spin_lock_irq(&current->sighand->siglock);
	utrace->in_round = false;
}

/*
 * The stop is over, and for news there was no time in it. That a group stop begins
 * the task says where it joins that; but has the group gone on? If so, engines may
 * hold the task again.
 */
static noinline bool utrace_tell_continued(struct utrace *utrace)
	__releases(&current->sighand->siglock)
	__acquires(&current->sighand->siglock)
{
	utrace->jctl_wake = false;
	if (utrace_group_stopped(current) || __fatal_signal_pending(current) ||
	    (current->jobctl & JOBCTL_KILLED))
		return false;
	utrace_tell_jctl(utrace);
	return true;
}

/*
 * An engine that asked for a stop was told that a callback comes first. But the
 * task came here for another engine, and that may hold it for long.
 */
static noinline void utrace_ask_engines(struct utrace *utrace)
	__releases(&current->sighand->siglock)
	__acquires(&current->sighand->siglock)
{
	utrace->ask = false;
	utrace->in_round = true;
	spin_unlock_irq(&current->sighand->siglock);
	utrace_ask_round();
	/* They may go on asking one another. */
	cond_resched();
	spin_lock_irq(&current->sighand->siglock);
	utrace->in_round = false;
}

/* Have utrace_notify_resume() look at what is asked for. */
static noinline void utrace_look_again(struct utrace *utrace)
{
	scoped_guard(spinlock_irqsave, &utrace->lock)
		utrace_set_private(current, utrace, UTRACE_TASK_ASKED);
	set_notify_resume(current);
}

/*
 * The stop: all of them happen here. Only called by the task itself, with no
 * locks held, where it has nothing left to say to its engines; returns when none
 * wants it stopped, or when it is to die.
 */
static void utrace_stay(struct utrace *utrace)
{
	bool stopped;

	if (arch_ptrace_stop_needed())
		arch_ptrace_stop();

	spin_lock_irq(&current->sighand->siglock);
	/* What came before the stop is told in it, like what comes now. */
	if (READ_ONCE(utrace->continued) && !utrace_group_stopped(current))
		utrace->jctl_wake = true;
	do {
		stopped = false;
		while (utrace_must_stop(utrace, stopped)) {
			stopped = true;
			if (utrace->ask)
				utrace_ask_engines(utrace);
			else if (utrace->jctl_wake)
				utrace_tell_jctl(utrace);
			else
				utrace_sleep(utrace);
		}
	} while (unlikely(utrace->jctl_wake) && utrace_tell_continued(utrace));

	if (unlikely(utrace->stopped))
		utrace_stop_end(utrace);
	if (unlikely(utrace->jctl_stop))
		utrace_end_jctl_stop(utrace);
	recalc_sigpending_tsk(current);
	spin_unlock_irq(&current->sighand->siglock);
}

/* Stop, and see to what was asked for before and during the stop. */
static __always_inline void utrace_stop(struct utrace *utrace)
{
	utrace_stay(utrace);
	/* A callback before the stop may have asked for one after it. */
	if (READ_ONCE(utrace->resume) == UTRACE_REPORT)
		utrace_look_again(utrace);
	utrace_arm(utrace);
}

/*
 * Before a stop in the middle of what the task does, not on its way to user mode: who
 * looks at it then is to find the files closed, say, that it has closed.
 */
static __always_inline void utrace_run_task_works(void)
{
	if (unlikely(task_work_pending(current)))
		task_work_run();
}

static __always_inline void utrace_stop_midway(struct utrace *utrace)
{
	utrace_run_task_works();
	utrace_stop(utrace);
}

/* --- reporting */

/**
 * struct utrace_report - one round of callbacks for one event
 * @utrace: the engines of the current task
 * @seq: engines attached after the round began do not see this event
 * @event: bit of the event, or zero
 * @callback: where in &struct utrace_engine_ops the event's callback is
 * @action: the strongest of the engines' wishes so far, an enum
 *	utrace_resume_action
 * @before: @action without the engine that is being called
 * @result: the part of the last result that belongs to this kind of event
 * @result_mask: which bits @result can have
 * @reverse: engine attached last comes first
 * @here: an engine wants the stop to be here
 */
struct utrace_report {
	struct utrace *utrace;
	u64 seq;
	u32 event;
	u16 callback;
	u8 action;
	u8 before;
	u32 result;
	u32 result_mask;
	bool reverse;
	bool here;
};

#define UTRACE_REPORT_INIT						\
{									\
	.utrace = utrace_of(current),					\
	.action = UTRACE_RESUME,					\
}

/* For one event, and the callback that it has. */
#define UTRACE_EVENT_REPORT_INIT(type, op)				\
{									\
	.utrace = utrace_of(current),					\
	.event = UTRACE_EVENT(type),					\
	.callback = offsetof(struct utrace_engine_ops, op),		\
	.action = UTRACE_RESUME,					\
}

/*
 * Step through the engines; NULL begins, and each step ends the one before. All
 * engines whose request this round meets are there: their attachment and their
 * request came in this order under the lock, and so did utrace_meet_request().
 */
static __always_inline struct utrace_engine *
utrace_report_next(struct utrace_report *report, struct utrace_engine *engine)
{
	if (!engine)
		report->seq = READ_ONCE(report->utrace->seq);
	report->before = report->action;
	return utrace_step(report->utrace, report->seq, engine, report->reverse);
}

static __always_inline bool utrace_is_valid(u32 ret, u32 valid)
{
	return !(ret & ~valid) && utrace_resume_action(ret) <= UTRACE_DETACH;
}

/* What report_signal() may say of a signal: the last action has all bits of one. */
#define UTRACE_SIGNAL_RESULT	(UTRACE_SIGNAL_HANDLER | UTRACE_SIGNAL_HOLD)

/*
 * What an engine may return; all else is dropped, and not silently. No @result comes
 * of half an action: what was to become of the signal or the call stands, the flag
 * beside it included. What is valid at times is looked at here, where that costs
 * nobody else.
 */
static noinline u32 utrace_drop_invalid(struct utrace *utrace,
					struct utrace_engine *engine, u32 ret,
					u32 valid, u32 result)
{
	const u32 field = UTRACE_SIGNAL_MASK | UTRACE_SIGNAL_HOLD;

	static_assert(UTRACE_SIGNAL_MASK == UTRACE_SYSCALL_MASK);
	/* Also from an engine that is asked in the middle of such a stop. */
	if (utrace->exiting)
		valid |= UTRACE_STOP_DYING;
	if (utrace_is_valid(ret, valid))
		return ret;
	pr_warn_once("utrace: %ps returned %#x, not all of which means anything\n",
		     engine->ops, ret);
	if (ret & ~valid & UTRACE_SIGNAL_MASK)
		ret = (ret & ~field) | (result & field);
	ret &= valid;
	if (utrace_resume_action(ret) > UTRACE_DETACH)
		ret = (ret & ~UTRACE_RESUME_MASK) | UTRACE_RESUME;
	return ret;
}

static __always_inline u32 utrace_check_result(struct utrace_report *report,
					       struct utrace_engine *engine,
					       u32 ret)
{
	u32 valid = UTRACE_RESUME_MASK | UTRACE_STOP_HERE | report->result_mask;

	if (likely(utrace_is_valid(ret, valid)))
		return ret;
	return utrace_drop_invalid(report->utrace, engine, ret, valid,
				   report->result);
}

/* The nearest to what an engine wants that the machine can do. */
static enum utrace_resume_action
utrace_possible(enum utrace_resume_action action)
{
	if (action == UTRACE_BLOCKSTEP && !arch_has_block_step())
		action = UTRACE_SINGLESTEP;
	if (action == UTRACE_SINGLESTEP && !arch_has_single_step())
		action = UTRACE_RESUME;
	return action;
}

/* Replace what the engine wants by what its callback returned. */
static noinline void utrace_set_wants(struct utrace *utrace,
				      struct utrace_engine *engine,
				      enum utrace_resume_action action,
				      unsigned long wants)
{
	unsigned long flags;

	spin_lock_irq(&utrace->lock);
	flags = engine->flags & ~ENGINE_ANSWERING;
	if (!(flags & ENGINE_STOP_ASKED))
		flags &= ~ENGINE_WANTS;
	else
		wants &= ENGINE_STOP_DYING;
	flags |= wants;
	if (unlikely(engine->flags & ENGINE_STEPS) && !(flags & ENGINE_STEPS))
		utrace->steps_ended_by = engine;
	if (action == UTRACE_DETACH)
		flags = utrace_detached_flags(flags);
	/* The request came during the callback: see utrace_asks_first(). */
	if (action == UTRACE_STOP && (flags & UTRACE_EVENT(QUIESCE)) &&
	    utrace_only_hears_signals(engine))
		flags &= ~(ENGINE_STOP_ASKED | ENGINE_ASK);
	WRITE_ONCE(engine->flags, flags);
	if (action == UTRACE_INTERRUPT || action == UTRACE_REPORT)
		utrace_request(current, utrace, engine, action);
	utrace_update_wants(current, utrace, engine);
	spin_unlock_irq(&utrace->lock);
}

/* Take in what a callback returned, and give back what is valid of it. */
static __always_inline u32 utrace_returned(struct utrace_report *report,
					   struct utrace_engine *engine,
					   u32 ret)
{
	enum utrace_resume_action action;
	unsigned long old, wants;

	old = READ_ONCE(engine->flags) &
	      (ENGINE_WANTS | ENGINE_STOP_ASKED | ENGINE_ANSWERING);
	/* Most engines only look on, and most events change nothing in that. */
	if (ret == UTRACE_RESUME && !old) {
		report->action = report->before;
		return ret;
	}

	ret = utrace_check_result(report, engine, ret);
	action = utrace_possible(utrace_resume_action(ret));
	wants = utrace_want_of(action);
	if (action == UTRACE_STOP && unlikely(ret & UTRACE_STOP_DYING))
		wants |= ENGINE_STOP_DYING;
	if (old != wants || action == UTRACE_INTERRUPT ||
	    action == UTRACE_REPORT || action == UTRACE_DETACH)
		utrace_set_wants(report->utrace, engine, action, wants);

	report->action = min_t(u8, report->before, action);
	if (action == UTRACE_STOP && (ret & UTRACE_STOP_HERE))
		report->here = true;
	return ret;
}

static noinline unsigned long utrace_keep_promise(struct utrace *utrace,
						  struct utrace_engine *engine)
{
	unsigned long flags;

	guard(spinlock_irqsave)(&utrace->lock);
	/* There may be none to be made any more. */
	if (!(engine->flags & UTRACE_EVENT(QUIESCE)))
		return engine->flags;
	flags = engine->flags & ~ENGINE_STOP_STATE;
	flags |= ENGINE_ANSWERING;
	WRITE_ONCE(engine->flags, flags);
	return flags;
}

static __always_inline bool
utrace_has_callback(const struct utrace_engine *engine, unsigned int callback)
{
	return *(void *const *)((const void *)engine->ops + callback);
}

/*
 * Is the engine to be called in a round, if it asked for QUIESCE, and does what it
 * returns count more than its request? Out of line, and without the report itself:
 * what is reported mostly is not asked this.
 */
static noinline bool utrace_hears(const struct utrace_engine *engine,
				  unsigned long flags, u32 event,
				  unsigned int callback)
{
	/*
	 * Who was told that the task is stopped was promised no callback. News of
	 * job control that it did not ask for do not undo that.
	 */
	if (!(flags & (ENGINE_ASK | event)) && event == UTRACE_EVENT(JCTL))
		return false;
	/* Who has no callback for it needs none. */
	if (!utrace_only_hears_signals(engine) || !event)
		return true;
	return (flags & event) && utrace_has_callback(engine, callback);
}

/*
 * What the engine returns counts more than a request to stop from before, if that was
 * to lead to this callback: see utrace_control_stop(). And release() of the engine
 * before may have detached it. Without the report itself, as utrace_hears().
 */
static noinline unsigned long
utrace_start_special(struct utrace *utrace, struct utrace_engine *engine,
		     unsigned long flags, u32 event, unsigned int callback)
{
	if (flags & ENGINE_DETACHED)
		return 0;
	if ((flags & UTRACE_EVENT(QUIESCE)) && utrace_can_be_asked(engine) &&
	    utrace_hears(engine, flags, event, callback))
		flags = utrace_keep_promise(utrace, engine);
	return flags;
}

/* Begin with one engine: the events that it asked for. */
static __always_inline unsigned long
utrace_start_engine(struct utrace_report *report, struct utrace_engine *engine)
{
	/* Pairs with utrace_set_events(): the callback sees what its owner did. */
	unsigned long flags = smp_load_acquire(&engine->flags);

	if (unlikely(flags & (ENGINE_STOP_ASKED | ENGINE_ASK | ENGINE_PUT_OFF |
			      ENGINE_DETACHED)))
		flags = utrace_start_special(report->utrace, engine, flags,
					     report->event, report->callback);
	return flags;
}

/* Out of line, as utrace_hears(): few engines have one. */
static noinline u32 utrace_call_report_quiesce(struct utrace_engine *engine,
					       enum utrace_resume_action action,
					       unsigned long event)
{
	return engine->ops->report_quiesce(action, engine, current, event);
}

static __always_inline void utrace_quiesce(struct utrace_report *report,
					   struct utrace_engine *engine)
{
	u32 ret;

	if (likely(!engine->ops->report_quiesce))
		return;
	ret = utrace_call_report_quiesce(engine, report->action, report->event);
	/* What is to become of a signal or a call is not its business. */
	utrace_returned(report, engine, ret & ~report->result_mask);
}

/* Is the engine to be called for the event itself? */
static __always_inline bool
utrace_asked_for(const struct utrace_report *report,
		 const struct utrace_engine *engine, unsigned long flags)
{
	return (flags & report->event) && !(flags & ENGINE_DETACHED) &&
	       utrace_has_callback(engine, report->callback);
}

/* Report quiescence; does the engine then want to hear of the event? */
static __always_inline bool utrace_wanted(struct utrace_report *report,
					  struct utrace_engine *engine)
{
	unsigned long flags = utrace_start_engine(report, engine);

	if ((flags & UTRACE_EVENT(QUIESCE)) &&
	    unlikely(engine->ops->report_quiesce)) {
		utrace_quiesce(report, engine);
		/* It may have changed them. Pairs as in utrace_start_engine(). */
		flags = smp_load_acquire(&engine->flags);
		/* Its next callback has the last word, and is told of others. */
		if (utrace_asked_for(report, engine, flags))
			report->action = report->before;
	}
	return utrace_asked_for(report, engine, flags);
}

/*
 * Step through the engines as utrace_report_next(), to those to be called. Inlined
 * where system calls are reported.
 */
static __always_inline struct utrace_engine *
__utrace_next_wanting(struct utrace_report *report,
		      struct utrace_engine *engine)
{
	while ((engine = utrace_report_next(report, engine)))
		if (utrace_wanted(report, engine))
			break;
	return engine;
}

static struct utrace_engine *utrace_next_wanting(struct utrace_report *report,
						 struct utrace_engine *engine)
{
	return __utrace_next_wanting(report, engine);
}

/* What the engines want is to happen on the way back to user mode. */
static void utrace_defer(struct utrace *utrace, enum utrace_resume_action action)
{
	if (action == UTRACE_INTERRUPT)
		set_thread_flag(TIF_SIGPENDING);
	if (action < UTRACE_RESUME)
		utrace_look_again(utrace);
	else if (READ_ONCE(utrace->armed))
		set_notify_resume(current);
}

static __always_inline void utrace_finish_report(struct utrace_report *report)
{
	if (report->here)
		utrace_stop_midway(report->utrace);
	else
		utrace_defer(report->utrace, report->action);
}

/*
 * Does the task get to its signals if it does not stop here? Not if it exits; nor before
 * the end of a job control stop, or before the child of its vfork() has let go.
 */
static bool utrace_goes_to_signals(const struct utrace *utrace)
{
	if (utrace->clone_here && (utrace->clone_flags & CLONE_VFORK))
		return false;
	return !utrace->exiting && !utrace->jctl_stop;
}

/*
 * What was promised is a report_signal(), and to get there the task must not be held:
 * that callback stops it then. Where there will be none, it stops without.
 */
static void utrace_put_off(struct utrace *utrace, struct utrace_engine *engine)
{
	unsigned long flags;

	guard(spinlock_irqsave)(&utrace->lock);
	flags = engine->flags;
	/* Its owner may have said something else since. */
	if (!(flags & ENGINE_ASK))
		return;
	flags &= ~ENGINE_ASK;
	if ((flags & UTRACE_EVENT(QUIESCE)) && utrace_goes_to_signals(utrace)) {
		flags &= ~(ENGINE_STOP | ENGINE_STOP_ASKED);
		flags |= ENGINE_PUT_OFF;
		utrace->put_off = true;
	}
	WRITE_ONCE(engine->flags, flags);
	utrace_update(current, utrace);
}

/* Where the task goes after that is not to its signals: then without the callback. */
static void utrace_put_on(struct utrace *utrace)
{
	struct utrace_engine *engine;

	if (likely(!utrace->put_off))
		return;
	utrace->put_off = false;
	guard(spinlock_irqsave)(&utrace->lock);
	list_for_each_entry(engine, &utrace->engines, entry)
		WRITE_ONCE(engine->flags, utrace_put_on_flags(engine->flags));
	utrace_update(current, utrace);
}

/* The callbacks that utrace_control_stop() has promised. */
static void utrace_ask_round(void)
{
	struct utrace_report report = UTRACE_REPORT_INIT;
	struct utrace_engine *engine = NULL;

	while ((engine = utrace_report_next(&report, engine))) {
		if (!(READ_ONCE(engine->flags) & ENGINE_ASK))
			continue;
		if (utrace_only_hears_signals(engine))
			utrace_put_off(report.utrace, engine);
		else if (utrace_start_engine(&report, engine) &
			 UTRACE_EVENT(QUIESCE))
			utrace_quiesce(&report, engine);
	}
	utrace_defer(report.utrace, report.action);
}

/* The strongest report that is asked for and not made. */
static enum utrace_resume_action utrace_requested(struct utrace *utrace)
{
	return READ_ONCE(utrace->resume);
}

/* Is there such a report that only get_signal() can make? */
static bool utrace_waits_for_get_signal(struct utrace *utrace)
{
	struct utrace_engine *engine;

	lockdep_assert_held(&utrace->lock);
	list_for_each_entry(engine, &utrace->engines, entry)
		if ((engine->flags & UTRACE_EVENT(QUIESCE)) &&
		    utrace_only_hears_signals(engine))
			return true;
	return false;
}

static noinline void __utrace_meet_request(struct utrace *utrace,
					   enum utrace_resume_action action)
{
	guard(spinlock_irqsave)(&utrace->lock);
	if (utrace->resume < action)
		return;
	/* Before a system call, which does not get there; after it does. */
	if (action == UTRACE_REPORT && utrace_waits_for_get_signal(utrace)) {
		set_notify_resume(current);
		return;
	}
	WRITE_ONCE(utrace->resume, UTRACE_RESUME);
	utrace_unforce(current, utrace);
}

/* Take the request as met if it is not stronger than @action. */
static void utrace_meet_request(struct utrace *utrace,
				enum utrace_resume_action action)
{
	/* What is asked for after this look, the next one will see. */
	if (utrace_requested(utrace) != UTRACE_RESUME ||
	    (READ_ONCE(current->utrace_flags) & UTRACE_TASK_FORCE))
		__utrace_meet_request(utrace, action);
}

/* --- events */

/* Before a system call there are two events, which are alike in all else. */
static __always_inline u32
utrace_call_before_call(const struct utrace_report *report,
			struct utrace_engine *engine, struct pt_regs *regs,
			unsigned long data)
{
	const struct utrace_engine_ops *ops = engine->ops;
	u32 action = report->result | report->action;

	if (report->event == UTRACE_EVENT(SECCOMP))
		return ops->report_seccomp(action, engine, current, regs, data);
	return ops->report_syscall_entry(action, engine, current, regs);
}

static __always_inline void
utrace_round_before_call(struct utrace_report *report, struct pt_regs *regs,
			 unsigned long data)
{
	struct utrace_engine *engine = NULL;
	u32 ret;

	while ((engine = __utrace_next_wanting(report, engine))) {
		ret = utrace_call_before_call(report, engine, regs, data);
		ret = utrace_returned(report, engine,
				      ret & ~UTRACE_SYSCALL_RESUMED);
		report->result = (report->result & UTRACE_SYSCALL_RESUMED) |
				 (ret & report->result_mask);
	}
}

/*
 * After a round before a system call: stop if an engine said so. Is there to be
 * another round, because an engine asked for a report when it resumed the task?
 */
static __always_inline bool
utrace_again_before_call(struct utrace_report *report)
{
	if (report->action != UTRACE_STOP) {
		utrace_defer(report->utrace, report->action);
		return false;
	}
	utrace_run_task_works();
	utrace_stay(report->utrace);
	utrace_arm(report->utrace);
	/* %UTRACE_INTERRUPT stays for later, and is no reason again and again. */
	return READ_ONCE(report->utrace->asked) &&
	       utrace_requested(report->utrace) <= UTRACE_REPORT &&
	       !fatal_signal_pending(current);
}

/* Elsewhere the result is preset to -ENOSYS. */
#ifndef syscall_set_default_result
static inline void syscall_set_default_result(struct task_struct *task,
					      struct pt_regs *regs)
{
}
#endif

/* Round after round, as long as one is asked for. Is the call not to be made? */
static __always_inline int
utrace_report_before_call(struct utrace_report *report, struct pt_regs *regs,
			  unsigned long data)
{
	report->result = UTRACE_SYSCALL_RUN;
	report->result_mask = UTRACE_SYSCALL_ABORT;
	for (;;) {
		/* Except %UTRACE_INTERRUPT, which is for report_signal(). */
		WRITE_ONCE(report->utrace->asked, false);
		utrace_meet_request(report->utrace, UTRACE_REPORT);
		utrace_round_before_call(report, regs, data);
		if (!utrace_again_before_call(report))
			break;
		report->action = UTRACE_RESUME;
		report->result = UTRACE_SYSCALL_RUN | UTRACE_SYSCALL_RESUMED;
	}
	if (fatal_signal_pending(current))
		return 1;
	if (!utrace_syscall_action(report->result))
		return 0;
	syscall_set_default_result(current, regs);
	return 1;
}

/**
 * utrace_report_syscall_entry - dispatch tracehook_report_syscall_entry()
 * @regs: user registers of the current task
 *
 * Context: no locks held, may sleep.
 *
 * Return: nonzero if the call must not be made.
 */
int utrace_report_syscall_entry(struct pt_regs *regs)
{
	struct utrace_report report =
		UTRACE_EVENT_REPORT_INIT(SYSCALL_ENTRY, report_syscall_entry);

	report.reverse = true;
	return utrace_report_before_call(&report, regs, 0);
}

/**
 * utrace_report_seccomp - dispatch tracehook_report_seccomp()
 * @regs: user registers of the current task
 * @data: the low half of the filter's return value
 *
 * Context: no locks held, may sleep.
 *
 * Return: nonzero if the call must not be made.
 */
int utrace_report_seccomp(struct pt_regs *regs, unsigned long data)
{
	struct utrace_report report =
		UTRACE_EVENT_REPORT_INIT(SECCOMP, report_seccomp);

	return utrace_report_before_call(&report, regs, data);
}

/**
 * utrace_report_syscall_exit - dispatch tracehook_report_syscall_exit()
 * @regs: user registers of the current task
 *
 * Context: no locks held, may sleep.
 */
void utrace_report_syscall_exit(struct pt_regs *regs)
{
	struct utrace_report report =
		UTRACE_EVENT_REPORT_INIT(SYSCALL_EXIT, report_syscall_exit);
	struct utrace_engine *engine = NULL;
	u32 ret;

	while ((engine = __utrace_next_wanting(&report, engine))) {
		ret = engine->ops->report_syscall_exit(report.action, engine,
						       current, regs);
		utrace_returned(&report, engine, ret);
	}
	utrace_finish_report(&report);
}

/**
 * utrace_report_exec - dispatch tracehook_report_exec()
 * @fmt: the binary format
 * @bprm: the program
 * @regs: user registers of the current task
 *
 * Context: no locks held, may sleep.
 */
void utrace_report_exec(const struct linux_binfmt *fmt,
			const struct linux_binprm *bprm, struct pt_regs *regs)
{
	struct utrace_report report =
		UTRACE_EVENT_REPORT_INIT(EXEC, report_exec);
	struct utrace_engine *engine = NULL;
	u32 ret;

	while ((engine = utrace_next_wanting(&report, engine))) {
		ret = engine->ops->report_exec(report.action, engine, current,
					       fmt, bprm, regs);
		utrace_returned(&report, engine, ret);
	}
	utrace_finish_report(&report);
}

/*
 * wait() shows the group's code where the group exits. If that was the task's, it was
 * stored before the engines spoke.
 */
static void utrace_store_exit_code(long orig_code, long code)
{
	struct signal_struct *signal = current->signal;

	guard(spinlock_irq)(&current->sighand->siglock);
	if (!(signal->flags & SIGNAL_GROUP_EXIT))
		return;
	/* 0x80, which is that a core was dumped, may have been added since. */
	if (!((signal->group_exit_code ^ orig_code) & ~0x80))
		signal->group_exit_code = code;
}

/* Others can attach to a new child from here on. */
static void utrace_release_newborn(struct utrace *utrace,
				   struct task_struct *child)
{
	WRITE_ONCE(utrace->newborn, NULL);
	if (child->utrace) {
		guard(spinlock_irqsave)(&child->utrace->lock);
		utrace_clear_private(child, child->utrace, UTRACE_TASK_NEWBORN);
	} else {
		WRITE_ONCE(child->utrace_flags, 0);
	}
	/* Pairs with set_current_state() in utrace_wait_newborn(), and utrace_newborn(). */
	smp_mb();
	wake_up_var(&child->utrace_flags);
}

static struct utrace_engine *utrace_find_running(struct utrace *utrace)
{
	struct utrace_engine *engine = NULL;

	guard(rcu)();
	while ((engine = utrace_next(utrace, engine, false)))
		if (utrace_running(engine))
			return engine;
	return NULL;
}

/*
 * A task that exits for the second time counts twice among those of its group that
 * do not live any more: another that does would be taken for dead, and signals to
 * the group be dropped, SIGKILL included. So all of the group go.
 */
static void utrace_exit_group(long code)
{
	struct signal_struct *signal = current->signal;

	guard(spinlock_irq)(&current->sighand->siglock);
	/* A group that exits already has its code. */
	if (!(signal->flags & SIGNAL_GROUP_EXIT))
		signal->group_exit_code = code;
	signal->flags = SIGNAL_GROUP_EXIT;
	signal->group_stop_count = 0;
	zap_other_threads(current);
}

/*
 * A task that exits from the middle of a callback does so because the callback
 * has crashed.  Say whose it was, and leave the engine, so that it is not called
 * again and nobody waits for the end of the callback.
 */
static void utrace_leave_crashed(struct utrace *utrace, long code)
{
	/* Only this task takes it off the list. */
	struct utrace_engine *engine = utrace_find_running(utrace);
	struct task_struct *child = utrace->newborn;

	if (likely(!engine)) {
		/* It may have crashed elsewhere in the making of a child. */
		if (unlikely(child))
			utrace_release_newborn(utrace, child);
		return;
	}
	pr_err("utrace: a callback of %ps crashed in %s[%d]\n", engine->ops,
	       current->comm, task_pid_nr(current));
	/* It may have been in the middle of a stop. */
	scoped_guard(spinlock_irq, &current->sighand->siglock) {
		guard(spinlock)(&utrace->lock);
		WRITE_ONCE(engine->flags, utrace_detached_flags(engine->flags));
		utrace->crashed = true;
		utrace_clear_private(current, utrace, UTRACE_TASK_STOPPED);
		utrace_update(current, utrace);
		utrace->in_round = false;
	}
	utrace_wake_waiters(utrace);
	utrace_leave(utrace, engine);
	if (utrace->exiting)
		utrace_exit_group(code);
	if (!child)
		return;

	/* It was report_clone(), so nobody else will start the child. */
	utrace_release_newborn(utrace, child);
	task_lock(child);
	child->vfork_done = NULL;
	task_unlock(child);
	send_sig(SIGKILL, child, 1);
	wake_up_new_task(child);
}

static void utrace_tell_killed(struct task_struct *task, struct utrace *utrace)
{
	struct utrace_engine *engine;

	guard(rcu)();
	list_for_each_entry_rcu(engine, &utrace->engines, entry)
		if (engine->ops->killed && utrace_cares(engine, UTRACE_EVENT_ALL))
			engine->ops->killed(engine, task);
}

static void utrace_exit_round(struct utrace_report *report, long orig_code,
			      long *code)
{
	struct utrace_engine *engine = NULL;
	u32 ret;

	while ((engine = utrace_next_wanting(report, engine))) {
		ret = engine->ops->report_exit(report->action, engine, current,
					       orig_code, code);
		utrace_returned(report, engine, ret);
	}
}

/**
 * utrace_report_exit - dispatch tracehook_report_exit()
 * @orig_code: the exit code
 *
 * Context: no locks held, may sleep. The task may have oopsed.
 *
 * Return: what the engines made of the exit code.
 */
long utrace_report_exit(long orig_code)
{
	struct utrace_report report =
		UTRACE_EVENT_REPORT_INIT(EXIT, report_exit);
	long code = orig_code;

	utrace_leave_crashed(report.utrace, code);
	report.utrace->exiting = true;
	utrace_put_on(report.utrace);
	if (READ_ONCE(current->utrace_flags) & UTRACE_EVENT(EXIT))
		utrace_exit_round(&report, orig_code, &code);
	if (report.action == UTRACE_STOP)
		utrace_stop_midway(report.utrace);
	if (code != orig_code)
		utrace_store_exit_code(orig_code, code);

	/* From here on nothing is reported but death. */
	utrace_drop_requests(current, report.utrace);
	guard(spinlock_irq)(&current->sighand->siglock);
	utrace_tell_killed(current, report.utrace);
	return code;
}

/**
 * utrace_prepare_clone - dispatch tracehook_prepare_clone()
 * @clone_flags: flags as clone() takes them
 *
 * Context: no locks held.
 */
void utrace_prepare_clone(unsigned long clone_flags)
{
	WRITE_ONCE(utrace_of(current)->clone_flags, clone_flags);
}

/**
 * utrace_finish_clone - dispatch tracehook_finish_clone()
 * @child: the new task, which others can find from here on
 *
 * Context: tasklist_lock is held for writing.
 */
void utrace_finish_clone(struct task_struct *child)
{
	lockdep_assert_held_write(&tasklist_lock);
	child->utrace_flags = UTRACE_TASK_NEWBORN;
	WRITE_ONCE(utrace_of(current)->newborn, child);
}

/**
 * utrace_newborn - the child of a task that its engines have not all heard of yet
 * @task: a task that the caller's engine is attached to
 * @clone_flags: set to what report_clone() will be told of it
 *
 * Context: tasklist_lock is held for writing, which is also what keeps the child.
 *
 * Return: the child, or NULL.
 */
struct task_struct *utrace_newborn(struct task_struct *task,
				   unsigned long *clone_flags)
{
	struct utrace *utrace = task->utrace;

	lockdep_assert_held_write(&tasklist_lock);
	/* Those of a call that follows. Pairs with smp_mb() in utrace_release_newborn(). */
	*clone_flags = smp_load_acquire(&utrace->clone_flags);
	return READ_ONCE(utrace->newborn);
}

/**
 * utrace_report_clone - dispatch tracehook_report_clone()
 * @child: the new task, not running yet
 *
 * Ends the time in which only the callbacks of this can attach to @child.
 *
 * Context: no locks held, may sleep.
 */
void utrace_report_clone(struct task_struct *child)
{
	struct utrace_report report =
		UTRACE_EVENT_REPORT_INIT(CLONE, report_clone);
	struct utrace *utrace = report.utrace;
	unsigned long clone_flags = utrace->clone_flags;
	struct utrace_engine *engine = NULL;
	u32 ret;

	while ((engine = utrace_next_wanting(&report, engine))) {
		ret = engine->ops->report_clone(report.action, engine, current,
						clone_flags, child);
		utrace_returned(&report, engine, ret);
	}
	utrace_release_newborn(utrace, child);

	/* The child must run before its parent stops, or waits for it. */
	utrace->clone_here = report.here;
	if (!report.here)
		utrace_defer(report.utrace, report.action);
}

/**
 * utrace_report_clone_complete - dispatch tracehook_report_clone_complete()
 * @vfork: does the current task wait for the child next?
 *
 * Context: no locks held, may sleep.
 */
void utrace_report_clone_complete(bool vfork)
{
	struct utrace *utrace = utrace_of(current);

	/* Who is to be held does not wait for its child instead, reported or not. */
	if (vfork) {
		utrace_put_on(utrace);
		if (READ_ONCE(utrace->wants) & ENGINE_STOP)
			utrace->clone_here = true;
	}
	if (utrace->clone_here)
		utrace_stop_midway(utrace);
	utrace->clone_here = false;
}

/**
 * utrace_report_vfork_done - dispatch tracehook_report_vfork_done()
 * @child: the child that was waited for
 *
 * Context: no locks held, may sleep.
 */
void utrace_report_vfork_done(struct pid *child)
{
	struct utrace_report report =
		UTRACE_EVENT_REPORT_INIT(VFORK_DONE, report_vfork_done);
	struct utrace_engine *engine = NULL;
	u32 ret;

	while ((engine = utrace_next_wanting(&report, engine))) {
		ret = engine->ops->report_vfork_done(report.action, engine,
						     current, child);
		utrace_returned(&report, engine, ret);
	}
	utrace_finish_report(&report);
}

/* --- job control */

/* Report, but leave stopping to the caller. */
static void utrace_jctl_round(struct utrace *utrace, int notify, int type)
{
	struct utrace_report report =
		UTRACE_EVENT_REPORT_INIT(JCTL, report_jctl);
	struct utrace_engine *engine = NULL;
	u32 ret;

	while ((engine = utrace_next_wanting(&report, engine))) {
		ret = engine->ops->report_jctl(report.action, engine, current,
					       type, notify);
		utrace_returned(&report, engine, ret);
	}
	utrace_defer(report.utrace, report.action);
}

/**
 * utrace_report_jctl - dispatch tracehook_notify_jctl()
 * @notify: what the parent is sent next, or 0
 * @type: CLD_STOPPED or CLD_CONTINUED
 *
 * Context: the siglock of the current task is held; it is dropped for a while.
 */
void utrace_report_jctl(int notify, int type)
	__releases(&current->sighand->siglock)
	__acquires(&current->sighand->siglock)
{
	struct utrace *utrace = utrace_of(current);

	/* This is the news that a stop may be waiting to tell. */
	if (type == CLD_CONTINUED) {
		if (!utrace_group_stopped(current))
			utrace->jctl_wake = false;
		if (utrace_told_continued(utrace))
			return;
	} else {
		utrace_tell_stopped(utrace);
	}
	spin_unlock_irq(&current->sighand->siglock);
	utrace_jctl_round(utrace, notify, type);
	spin_lock_irq(&current->sighand->siglock);
}

/**
 * utrace_take_stop - dispatch tracehook_take_stop()
 *
 * Context: the siglock of the current task is held.
 *
 * Return: whether an engine holds the task, so that a job control stop that is
 * about to begin is better made here.
 */
bool utrace_take_stop(void)
{
	struct utrace *utrace = utrace_of(current);

	lockdep_assert_held(&current->sighand->siglock);
	utrace_put_on(utrace);
	guard(spinlock)(&utrace->lock);
	if (!(utrace->wants & ENGINE_STOP))
		return false;
	utrace_own_jctl_stop(current, utrace);
	return true;
}

/**
 * utrace_finish_jctl - dispatch tracehook_finish_jctl()
 *
 * Whoever of the group's threads is first tells the parent, and its engines with
 * it, from get_signal(); the others' engines hear of it in utrace_get_signal().
 *
 * Context: no locks held.
 */
void utrace_finish_jctl(void)
{
	struct utrace *utrace = utrace_of(current);

	guard(spinlock_irq)(&current->sighand->siglock);
	if (!utrace_group_stopped(current))
		utrace_owe_news(current, utrace, &utrace->continued);
}

/* SIGCONT ends a stop that the task has left already, as one for its tracer. */
static void utrace_say_continued(struct task_struct *task,
				 struct utrace *utrace)
{
	guard(spinlock)(&utrace->lock);
	if (!(task->utrace_flags & UTRACE_EVENT(JCTL)))
		return;
	WRITE_ONCE(utrace->continued, true);
	utrace_set_private(task, utrace, UTRACE_TASK_ASKED);
	set_notify_resume(task);
}

/**
 * utrace_jctl_wake - dispatch tracehook_jctl_wake()
 * @task: a task that an engine with JCTL among its events may hold
 *
 * Context: the siglock of @task is held.
 */
void utrace_jctl_wake(struct task_struct *task)
{
	struct utrace *utrace = utrace_of(task);

	lockdep_assert_held(&task->sighand->siglock);
	utrace->continue_told = false;
	/* One that was let go just now has not left its stop yet. */
	if (!(READ_ONCE(task->utrace_flags) & UTRACE_TASK_STOPPED) &&
	    !utrace->held && !utrace->in_round) {
		if (READ_ONCE(utrace->stop_told) && !utrace_group_stopped(task))
			utrace_say_continued(task, utrace);
		return;
	}
	utrace->jctl_wake = true;
	utrace_wake(task, utrace);
}

/**
 * utrace_group_stop - dispatch tracehook_group_stop()
 * @task: a task that an engine with GROUP_STOP among its events is attached to
 *
 * Context: the siglock of @task is held.
 *
 * Return: whether an engine takes it from here.
 */
bool utrace_group_stop(struct task_struct *task)
{
	struct utrace *utrace = utrace_of(task);
	struct utrace_engine *engine;
	enum utrace_resume_action action;
	bool taken = false;
	int err;

	guard(rcu)();
	list_for_each_entry_rcu(engine, &utrace->engines, entry) {
		if (!engine->ops->group_stop ||
		    !utrace_cares(engine, UTRACE_EVENT(GROUP_STOP)))
			continue;
		action = engine->ops->group_stop(engine, task);
		if (action == UTRACE_INTERRUPT)
			err = utrace_control_attached(task, utrace, engine,
						      action);
		else if (action == UTRACE_REPORT)
			err = utrace_ask_locked(task, engine, UTRACE_INTERRUPT);
		else
			continue;
		taken |= !err;
	}
	/* An engine may be detached, or lose interest, at this moment. */
	return taken && !(task->jobctl & JOBCTL_STOPPED);
}

/**
 * utrace_cancel_group_stop - dispatch tracehook_cancel_group_stop()
 * @task: a task that an engine with GROUP_STOP among its events is attached to
 *
 * Context: the siglock of @task is held.
 */
void utrace_cancel_group_stop(struct task_struct *task)
{
	struct utrace *utrace = utrace_of(task);
	struct utrace_engine *engine;

	guard(rcu)();
	list_for_each_entry_rcu(engine, &utrace->engines, entry)
		if (engine->ops->cancel_group_stop &&
		    utrace_cares(engine, UTRACE_EVENT(GROUP_STOP)))
			engine->ops->cancel_group_stop(engine, task);
}

/**
 * utrace_take_group_stop - dispatch tracehook_takes_group_stop()
 *
 * Context: the siglock of the current task is held.
 */
void utrace_take_group_stop(void)
{
	struct utrace *utrace = utrace_of(current);

	guard(spinlock)(&utrace->lock);
	utrace_request(current, utrace, NULL, UTRACE_INTERRUPT);
}

/**
 * utrace_mark_killed - the task is to die, and only %UTRACE_STOP_DYING holds it
 * @task: the task
 *
 * Where the signal code itself forgets a SIGKILL, or has no use for another one.
 *
 * Context: the siglock of @task is held.
 */
void utrace_mark_killed(struct task_struct *task)
{
	struct utrace *utrace = utrace_of(task);

	lockdep_assert_held(&task->sighand->siglock);
	if (!utrace)
		return;
	utrace_tell_killed(task, utrace);
	utrace_drop_requests(task, utrace);
	utrace_wake(task, utrace);
}

/* --- signals */

/* The event of a signal, by what would become of it if no engine spoke. */
static unsigned long utrace_signal_event(int sig, const struct k_sigaction *ka,
					 u32 *action)
{
	if (ka->sa.sa_handler != SIG_DFL && ka->sa.sa_handler != SIG_IGN) {
		*action = UTRACE_SIGNAL_DELIVER;
		return UTRACE_EVENT(SIGNAL);
	}
	if (ka->sa.sa_handler == SIG_IGN || sig_kernel_ignore(sig) ||
	    ((current->signal->flags & SIGNAL_UNKILLABLE) &&
	     !sig_kernel_only(sig))) {
		*action = UTRACE_SIGNAL_IGN;
		return UTRACE_EVENT(SIGNAL_IGN);
	}
	if (sig_kernel_stop(sig)) {
		*action = sig == SIGSTOP ? UTRACE_SIGNAL_STOP :
					   UTRACE_SIGNAL_TSTP;
		return UTRACE_EVENT(SIGNAL_STOP);
	}
	if (sig_kernel_coredump(sig)) {
		*action = UTRACE_SIGNAL_CORE;
		return UTRACE_EVENT(SIGNAL_CORE);
	}
	*action = UTRACE_SIGNAL_TERM;
	return UTRACE_EVENT(SIGNAL_TERM);
}

/* What a round of report_signal() is about. */
struct utrace_signal {
	kernel_siginfo_t *info;
	const struct k_sigaction *orig_ka;
	struct k_sigaction *return_ka;
	struct pt_regs *regs;
};

static void utrace_call_report_signal(struct utrace_report *report,
				      struct utrace_engine *engine,
				      const struct utrace_signal *sig)
{
	u32 ret = engine->ops->report_signal(report->result | report->action,
					     engine, current, sig->regs,
					     sig->info, sig->orig_ka,
					     sig->return_ka);

	ret = utrace_returned(report, engine, ret);
	report->result = ret & report->result_mask;
}

/* Has it stepped the task until now? Its report_quiesce() may have ended that. */
static bool utrace_has_stepped(const struct utrace *utrace,
			       const struct utrace_engine *engine)
{
	return (READ_ONCE(engine->flags) & ENGINE_STEPS) ||
	       utrace->steps_ended_by == engine;
}

/*
 * A round about a signal that was dequeued. Has one that stepped the task, and did not
 * just leave, said what is to become of it?
 */
static bool utrace_signal_round(struct utrace_report *report,
				const struct utrace_signal *sig)
{
	struct utrace *utrace = report->utrace;
	struct utrace_engine *engine = NULL;
	bool answered = false, stepped;

	utrace->steps_ended_by = NULL;
	while ((engine = utrace_next_wanting(report, engine))) {
		stepped = utrace_has_stepped(utrace, engine);
		utrace_call_report_signal(report, engine, sig);
		answered |= stepped && !(READ_ONCE(engine->flags) &
					 (ENGINE_STEPS | ENGINE_DETACHED));
	}
	return answered;
}

/* A round that engines asked for, or about a handler that was set up. */
static void utrace_requested_round(struct utrace_report *report,
				   const struct utrace_signal *sig)
{
	struct utrace_engine *engine = NULL;

	while ((engine = utrace_report_next(report, engine))) {
		unsigned long flags = utrace_start_engine(report, engine);

		if (!(flags & (UTRACE_EVENT(QUIESCE) |
			       UTRACE_EVENT_SIGNAL_ALL)))
			continue;
		if (engine->ops->report_signal)
			utrace_call_report_signal(report, engine, sig);
		else if (flags & UTRACE_EVENT(QUIESCE))
			utrace_quiesce(report, engine);
	}
}

/* Is there nothing to act? */
static bool utrace_no_signal(u32 result)
{
	switch (utrace_signal_action(result)) {
	case UTRACE_SIGNAL_IGN:
	case UTRACE_SIGNAL_REPORT:
	case UTRACE_SIGNAL_HANDLER:
		return true;
	default:
		return false;
	}
}

static bool utrace_valid_info(const kernel_siginfo_t *info)
{
	return info->si_signo > 0 && valid_signal(info->si_signo);
}

/*
 * Stop signals and SIGCONT flush each other from the queues, whichever comes last.
 * Did one come that would have flushed this one, had it not been with engines?
 */
static bool utrace_flushed(int signr)
{
	struct signal_struct *signal = current->signal;

	lockdep_assert_held(&current->sighand->siglock);
	if (sig_kernel_stop(signr))
		return !(current->jobctl & JOBCTL_STOP_DEQUEUED);
	if (signr != SIGCONT)
		return false;
	return utrace_group_stopped(current) ||
	       sigtestsetmask(&current->pending.signal, SIG_KERNEL_STOP_MASK) ||
	       sigtestsetmask(&signal->shared_pending.signal,
			      SIG_KERNEL_STOP_MASK);
}

/*
 * Have the task see it again; but it must not flush what is newer. If no memory is
 * left to queue it, or the user may queue no more, its number has to do.
 */
static void utrace_hold_signal(kernel_siginfo_t *info, enum pid_type type)
{
	int signr = info->si_signo;

	if (!utrace_flushed(signr) &&
	    send_signal_locked(signr, info, current, type) < 0)
		send_signal_locked(signr, SEND_SIG_PRIV, current, type);
}

/*
 * Act on the engines' last word. Called with the siglock held. Positive results
 * are as utrace_get_signal() returns them; zero means that there is no signal.
 */
static int utrace_signal_verdict(u32 result, const struct utrace_signal *sig,
				 enum pid_type type)
{
	int signr = sig->info->si_signo;

	lockdep_assert_held(&current->sighand->siglock);

	if (result & UTRACE_SIGNAL_HOLD && utrace_valid_info(sig->info)) {
		utrace_hold_signal(sig->info, type);
		return 0;
	}
	if (utrace_no_signal(result))
		return 0;
	if (!utrace_valid_info(sig->info)) {
		/* Or its tracer had no time for a word about that. */
		if (!fatal_signal_pending(current))
			pr_warn_once("utrace: an engine delivers the signal %d\n",
				     signr);
		return 0;
	}

	/* SIGKILL came first. */
	if (fatal_signal_pending(current)) {
		send_signal_locked(signr, sig->info, current, type);
		return 0;
	}

	switch (utrace_signal_action(result)) {
	case UTRACE_SIGNAL_DELIVER:
		if (!sigismember(&current->blocked, signr))
			return signr;
		send_signal_locked(signr, sig->info, current, type);
		return 0;
	case UTRACE_SIGNAL_TERM:
		signr = SIGTERM;
		break;
	case UTRACE_SIGNAL_CORE:
		signr = SIGQUIT;
		break;
	case UTRACE_SIGNAL_STOP:
		signr = SIGSTOP;
		break;
	case UTRACE_SIGNAL_TSTP:
		signr = SIGTSTP;
		break;
	default:
		return 0;
	}
	sig->return_ka->sa.sa_handler = SIG_DFL;
	return signr;
}

/*
 * Is the task to stop, and no signal to act before? One that is held comes again and
 * again, and would keep off a stop that another engine wants.
 */
static bool utrace_stops_without(const struct utrace_report *report)
{
	bool hold = report->result & UTRACE_SIGNAL_HOLD;

	if (hold && (READ_ONCE(report->utrace->wants) & ENGINE_STOP))
		return true;
	return report->action == UTRACE_STOP &&
	       (hold || utrace_no_signal(report->result));
}

/*
 * After a round, with no locks held: stop where that has to come before the signal
 * acts. Is there to be another round about it, @taken from the queue or made up by an
 * engine, because one asked for a report when it resumed the task?
 */
static bool utrace_stopped_before_signal(struct utrace_report *report,
					 const struct utrace_signal *sig,
					 bool taken)
{
	struct utrace *utrace = report->utrace;

	if (report->here || utrace_stops_without(report)) {
		utrace_stay(utrace);
		return (taken || sig->info->si_signo) &&
		       utrace_requested(utrace) <= UTRACE_REPORT &&
		       !fatal_signal_pending(current);
	}
	if (report->action <= UTRACE_REPORT)
		utrace_defer(utrace, report->action);
	return false;
}

/* The verdict so far stands where no engine says otherwise now. */
static void utrace_signal_again(struct utrace_report *report,
				struct utrace_signal *sig)
{
	u32 verdict = report->result;

	utrace_meet_request(report->utrace, UTRACE_STOP);
	sig->orig_ka = NULL;
	report->event = 0;
	report->action = UTRACE_RESUME;
	report->here = false;
	report->result = UTRACE_SIGNAL_REPORT;
	utrace_requested_round(report, sig);
	if (utrace_signal_action(report->result) == UTRACE_SIGNAL_REPORT)
		report->result = verdict | (report->result & UTRACE_SIGNAL_HOLD);
}

/*
 * After a round: stop, ask again, and act. Takes the siglock for a signal; results
 * are as utrace_get_signal() returns them, @none where there is no signal.
 */
static int utrace_finish_signal(struct utrace_report *report,
				struct utrace_signal *sig, enum pid_type type,
				int none)
{
	bool taken = sig->orig_ka;
	int signr;

	/* An engine may hold the same signal again and again. */
	cond_resched();
	while (utrace_stopped_before_signal(report, sig, taken))
		utrace_signal_again(report, sig);
	/* The frame of a handler is set up by what is in force then. */
	utrace_arm(report->utrace);

	spin_lock_irq(&current->sighand->siglock);
	signr = utrace_signal_verdict(report->result, sig, type);
	if (signr)
		return signr;
	spin_unlock_irq(&current->sighand->siglock);
	return none;
}

/* Called with the siglock held; drops it, and takes it again for a signal. */
static int utrace_get_requested(struct utrace *utrace,
				struct utrace_signal *sig, enum pid_type *type)
	__releases(&current->sighand->siglock)
{
	struct utrace_report report = UTRACE_REPORT_INIT;

	/* Both are seen to here, so nobody need come for them again. */
	WRITE_ONCE(utrace->arm_later, false);
	utrace_meet_request(utrace, UTRACE_STOP);

	report.result = UTRACE_SIGNAL_REPORT;
	report.result_mask = UTRACE_SIGNAL_RESULT;
	/* A SIGCONT from here on makes void a stop that an engine asks for. */
	current->jobctl |= JOBCTL_STOP_DEQUEUED;
	spin_unlock_irq(&current->sighand->siglock);

	clear_siginfo(sig->info);
	memset(sig->return_ka, 0, sizeof(*sig->return_ka));
	*type = PIDTYPE_PID;
	utrace_requested_round(&report, sig);
	return utrace_finish_signal(&report, sig, *type, GET_SIGNAL_ANEW);
}

/* Called with the siglock held; drops it. */
static int utrace_arm_anew(struct utrace *utrace)
	__releases(&current->sighand->siglock)
{
	spin_unlock_irq(&current->sighand->siglock);
	utrace_arm(utrace);
	return GET_SIGNAL_ANEW;
}

/* How the trap of a step is told from that of a breakpoint, where it can be. */
#ifndef arch_is_step_trap
#define arch_is_step_trap(code)	((code) == TRAP_TRACE)
#endif

/* Is the signal that was just dequeued the trap of a step? */
static bool utrace_took_step_trap(struct utrace *utrace,
				  const kernel_siginfo_t *info)
{
	bool soft_trap = utrace->soft_trap;

	if (info->si_signo != SIGTRAP)
		return false;
	utrace->soft_trap = false;
	return soft_trap || arch_is_step_trap(info->si_code);
}

/*
 * Dequeue a signal and, where engines asked for its kind, let them see it. Zero means
 * that there was none, otherwise it is as utrace_get_signal() returns it.
 */
static int utrace_dequeue_signal(struct utrace *utrace,
				 struct utrace_signal *sig,
				 enum pid_type *type)
{
	struct utrace_report report = UTRACE_REPORT_INIT;
	struct k_sigaction orig_ka;
	bool step_trap;
	u32 unasked;
	int signr;

	*type = PIDTYPE_PID;
	signr = dequeue_synchronous_signal(sig->info);
	if (!signr)
		signr = dequeue_signal(&current->blocked, sig->info, type);
	if (!signr)
		return 0;

	/* On its way when the last engine that steps lost interest? */
	step_trap = utrace_took_step_trap(utrace, sig->info);
	if (step_trap && utrace_steps_in_vain(utrace))
		return utrace_arm_anew(utrace);

	orig_ka = current->sighand->action[signr - 1];
	*sig->return_ka = orig_ka;
	sig->orig_ka = &orig_ka;
	if (signr == SIGKILL || (orig_ka.sa.sa_flags & SA_IMMUTABLE))
		return signr;
	report.callback = offsetof(struct utrace_engine_ops, report_signal);
	report.event = utrace_signal_event(signr, &orig_ka, &unasked);
	if (!(READ_ONCE(current->utrace_flags) & report.event)) {
		/* Pairs with utrace_update(), which writes utrace->wants first. */
		smp_rmb();
		if (step_trap && utrace_steps_in_vain(utrace))
			return utrace_arm_anew(utrace);
		return signr;
	}

	report.result = unasked;
	report.result_mask = UTRACE_SIGNAL_RESULT;
	/* As for a stop signal: a SIGCONT from here on makes it void. */
	current->jobctl |= JOBCTL_STOP_DEQUEUED;
	spin_unlock_irq(&current->sighand->siglock);

	/* Has whoever stepped the task left meanwhile, and did nobody else answer? */
	if (!utrace_signal_round(&report, sig) && step_trap &&
	    report.result == unasked && sig->info->si_signo == signr &&
	    utrace_steps_in_vain(utrace))
		report.result = UTRACE_SIGNAL_IGN;
	return utrace_finish_signal(&report, sig, *type, GET_SIGNAL_NEXT);
}

/**
 * utrace_continue_stop - dispatch tracehook_continue_stop()
 *
 * Context: called with the siglock of the current task held, drops it if there is
 *	a stop.
 *
 * Return: whether there was one.
 */
bool utrace_continue_stop(void)
{
	struct utrace *utrace = utrace_of(current);

	if (!utrace->jctl_stop)
		return false;
	spin_unlock_irq(&current->sighand->siglock);
	utrace_stop(utrace);
	return true;
}

/**
 * utrace_get_signal - dispatch tracehook_get_signal()
 * @regs: user registers of the current task
 * @info: filled in for a signal
 * @return_ka: what the signal does
 * @type: which queue the signal came from
 *
 * The first of these that there is: the end of a stop that was laid over one of job
 * control; the news of SIGCONT; a report that was asked for; steps that could not be
 * set up before; a signal, unless the task is to freeze; a stop that came without
 * one.
 *
 * Context: called with the siglock of the current task held. Drops it for
 *	callbacks and stops.
 *
 * Return: as tracehook_get_signal() says.
 */
int utrace_get_signal(struct pt_regs *regs, kernel_siginfo_t *info,
		      struct k_sigaction *return_ka, enum pid_type *type)
{
	struct utrace_signal sig = {
		.info = info,
		.return_ka = return_ka,
		.regs = regs,
	};
	struct utrace *utrace = utrace_of(current);
	/* Pairs with utrace_update(), which writes utrace->wants first. */
	unsigned int flags = smp_load_acquire(&current->utrace_flags);
	bool stop;
	int signr;

	if (unlikely(utrace->jctl_stop) && utrace_continue_stop())
		return GET_SIGNAL_ANEW;
	if (READ_ONCE(utrace->continued)) {
		WRITE_ONCE(utrace->continued, false);
		if ((flags & UTRACE_EVENT(JCTL)) &&
		    !utrace_group_stopped(current)) {
			utrace_report_jctl(0, CLD_CONTINUED);
			spin_unlock_irq(&current->sighand->siglock);
			return GET_SIGNAL_ANEW;
		}
	}

	if (utrace_requested(utrace) <= UTRACE_REPORT)
		return utrace_get_requested(utrace, &sig, type);
	if (unlikely(utrace->arm_later)) {
		WRITE_ONCE(utrace->arm_later, false);
		return utrace_arm_anew(utrace);
	}

	stop = READ_ONCE(utrace->wants) & ENGINE_STOP;
	if (!stop && (flags & UTRACE_TASK_FORCE))
		utrace_meet_request(utrace, UTRACE_STOP);

	/* A task that is to freeze, or is frozen, takes no signal. */
	if ((current->jobctl & JOBCTL_TRAP_FREEZE) ||
	    cgroup_task_frozen(current)) {
		if (stop)
			goto stop;
		return 0;
	}

	/* What is left to report comes before a stop that was asked for. */
	if (!stop && !(flags & UTRACE_EVENT_SIGNAL_ALL) &&
	    !utrace_steps_in_vain(utrace)) {
		utrace->soft_trap = false;
		return 0;
	}
	signr = utrace_dequeue_signal(utrace, &sig, type);
	if (signr)
		return signr;
	if (!stop)
		return GET_SIGNAL_NONE;
stop:
	spin_unlock_irq(&current->sighand->siglock);
	utrace_stop(utrace);
	return GET_SIGNAL_ANEW;
}

/**
 * utrace_signal_handler - dispatch tracehook_signal_handler()
 * @info: the signal whose handler was set up
 * @return_ka: how it was handled
 * @regs: user registers of the current task, at the start of the handler
 * @stepping: whether the task is stepped
 *
 * Context: no locks held, may sleep.
 */
void utrace_signal_handler(kernel_siginfo_t *info, struct k_sigaction *return_ka,
			   struct pt_regs *regs, bool stepping)
{
	struct utrace_report report = UTRACE_REPORT_INIT;
	struct utrace_signal sig = {
		.info = info,
		.return_ka = return_ka,
		.regs = regs,
	};

	if (utrace_requested(report.utrace) == UTRACE_RESUME &&
	    !(stepping && (READ_ONCE(report.utrace->wants) & ENGINE_STEPS))) {
		/* The architecture has turned it off for the handler. */
		if (stepping)
			utrace_arm(report.utrace);
		return;
	}

	utrace_meet_request(report.utrace, UTRACE_STOP);
	/* The one that was just delivered is not to be delivered again. */
	clear_siginfo(info);
	report.utrace->into_handler = stepping;
	report.result = UTRACE_SIGNAL_HANDLER;
	report.result_mask = UTRACE_SIGNAL_RESULT;
	utrace_requested_round(&report, &sig);
	utrace_finish_report(&report);

	if (((report.result & UTRACE_SIGNAL_HOLD) ||
	     !utrace_no_signal(report.result)) && utrace_valid_info(info)) {
		guard(spinlock_irq)(&current->sighand->siglock);
		send_signal_locked(info->si_signo, info, current, PIDTYPE_PID);
	}
	utrace_arm(report.utrace);
}

/**
 * utrace_stepped_into_handler - is the start of the handler where a step ends?
 *
 * %UTRACE_SIGNAL_HANDLER also comes where a report was asked for, and not all
 * architectures end a step there: see signal_setup_done().
 *
 * Context: report_signal(), about %UTRACE_SIGNAL_HANDLER.
 *
 * Return: true if the current task was stepped, and the step is over.
 */
bool utrace_stepped_into_handler(void)
{
	return utrace_of(current)->into_handler;
}

/**
 * utrace_notify_resume - dispatch tracehook_notify_resume()
 *
 * Never stops: what there is to do is done in get_signal(), next.
 *
 * Context: no locks held, may sleep.
 */
void utrace_notify_resume(void)
{
	struct utrace *utrace = utrace_of(current);

	/*
	 * What was asked for may be met already, in get_signal(). These looks
	 * pair with set_notify_resume() of who asked; the caller has cleared
	 * the flag.
	 */
	if (!(READ_ONCE(current->utrace_flags) & UTRACE_TASK_ASKED) &&
	    utrace_is_armed(utrace))
		return;

	scoped_guard(spinlock_irqsave, &utrace->lock) {
		utrace_clear_private(current, utrace, UTRACE_TASK_ASKED);
		if (utrace->resume > UTRACE_REPORT && !utrace->continued &&
		    !(utrace->wants & ENGINE_STOP))
			break;
		utrace_set_private(current, utrace, UTRACE_TASK_FORCE);
		set_thread_flag(TIF_SIGPENDING);
	}
	utrace_arm(utrace);
}

/* --- death */

/**
 * utrace_notify_death - dispatch tracehook_notify_death()
 * @task: the current task, a zombie by now
 *
 * Context: tasklist_lock is held for writing.
 */
void utrace_notify_death(struct task_struct *task)
{
	struct utrace *utrace = utrace_of(task);
	struct utrace_engine *engine;

	guard(spinlock_irqsave)(&utrace->lock);
	if (!(task->utrace_flags & (UTRACE_EVENT(DEATH) |
				    UTRACE_EVENT(QUIESCE)))) {
		utrace->death = UTRACE_DEAD;
		return;
	}
	utrace->death = UTRACE_DYING;
	/* From here on utrace_barrier() waits until that is over. */
	list_for_each_entry(engine, &utrace->engines, entry)
		WRITE_ONCE(engine->flags, engine->flags | ENGINE_DYING);
}

/* All have heard of the task's death. Is it to reap its engines itself? */
static bool utrace_end_dying(struct utrace *utrace)
{
	struct utrace_engine *engine;
	bool reap;

	scoped_guard(spinlock_irqsave, &utrace->lock) {
		utrace->death = UTRACE_DEAD;
		list_for_each_entry(engine, &utrace->engines, entry)
			WRITE_ONCE(engine->flags, engine->flags & ~ENGINE_DYING);
		reap = utrace->reap;
	}
	/* Pairs with utrace_barrier(). */
	smp_mb();
	guard(rcu)();
	list_for_each_entry_rcu(engine, &utrace->engines, entry)
		if (atomic_read(&engine->waiters))
			wake_up_var(&engine->running);
	return reap;
}

/*
 * Take the next engine. One that did not ask for REAP leaves at once, any other
 * stays on the list until it was called.
 */
static struct utrace_engine *utrace_next_to_reap(struct task_struct *task,
						 struct utrace *utrace)
{
	struct utrace_engine *engine;

	guard(spinlock_irqsave)(&utrace->lock);
	engine = list_first_entry_or_null(&utrace->engines,
					  struct utrace_engine, entry);
	if (!engine)
		return NULL;
	if ((engine->flags & ENGINE_DETACHED) ||
	    !(engine->flags & UTRACE_EVENT(REAP)) ||
	    !engine->ops->report_reap) {
		utrace_unlink(utrace, engine);
		utrace_update(task, utrace);
	}
	return engine;
}

/* All engines go. Nobody else attaches, detaches or reports any more. */
static void utrace_reap(struct task_struct *task, struct utrace *utrace)
{
	struct utrace_engine *engine;

	while ((engine = utrace_next_to_reap(task, utrace))) {
		/* What this has left on the list nobody else takes off any more. */
		if (!(READ_ONCE(engine->flags) & ENGINE_UNLINKED)) {
			/* utrace_barrier() waits for this, too. */
			utrace_enter(engine);
			engine->ops->report_reap(engine, task);
			guard(spinlock_irqsave)(&utrace->lock);
			utrace_unlink(utrace, engine);
			utrace_update(task, utrace);
		}
		utrace_gone(task, engine);
	}
}

/**
 * utrace_report_death - dispatch tracehook_report_death()
 * @task: the current task
 * @group_dead: it was the last of its thread group
 * @signal: what the parent was sent, or a DEATH_* code
 *
 * Context: no locks held, may sleep. The task may have been released already.
 */
void utrace_report_death(struct task_struct *task, bool group_dead, int signal)
{
	struct utrace_report report =
		UTRACE_EVENT_REPORT_INIT(DEATH, report_death);
	struct utrace *utrace = report.utrace;
	struct utrace_engine *engine = NULL;
	u32 ret;

	if (utrace->death != UTRACE_DYING)
		return;

	while ((engine = utrace_next_wanting(&report, engine))) {
		ret = engine->ops->report_death(engine, task, group_dead,
						signal);
		ret = utrace_check_result(&report, engine, ret);
		/* Nothing else means anything to a dead task. */
		if (utrace_resume_action(ret) == UTRACE_DETACH)
			utrace_returned(&report, engine, UTRACE_DETACH);
	}

	if (utrace_end_dying(utrace))
		utrace_reap(task, utrace);
}

/**
 * utrace_release_task - dispatch tracehook_prepare_release_task()
 * @task: the dead task, which may still be in its report_death() callbacks
 *
 * Context: no locks held. Often in the context of the parent.
 */
void utrace_release_task(struct task_struct *task)
{
	struct utrace *utrace = utrace_of(task);
	struct utrace_engine *engine;

	scoped_guard(spinlock_irqsave, &utrace->lock) {
		utrace->reap = true;
		/* From here on utrace_barrier() waits until they are gone. */
		list_for_each_entry(engine, &utrace->engines, entry)
			WRITE_ONCE(engine->flags,
				   engine->flags | ENGINE_REAPING);
		/* Death comes before reaping: the task does it itself. */
		if (utrace->death == UTRACE_DYING)
			return;
	}
	utrace_reap(task, utrace);
}

/**
 * utrace_free - dispatch tracehook_free_task()
 * @task: a task that nobody uses any more
 *
 * Context: any, RCU callbacks included.
 */
void utrace_free(struct task_struct *task)
{
	struct utrace *utrace = task->utrace;

	WARN_ON_ONCE(!list_empty(&utrace->engines));
	kmem_cache_free(utrace_cachep, utrace);
}

/* --- /proc */

static const char * const utrace_event_names[] = {
	[UTRACE_NR_QUIESCE]		= "QUIESCE",
	[UTRACE_NR_REAP]		= "REAP",
	[UTRACE_NR_CLONE]		= "CLONE",
	[UTRACE_NR_EXEC]		= "EXEC",
	[UTRACE_NR_EXIT]		= "EXIT",
	[UTRACE_NR_DEATH]		= "DEATH",
	[UTRACE_NR_SYSCALL_ENTRY]	= "SYSCALL_ENTRY",
	[UTRACE_NR_SYSCALL_EXIT]	= "SYSCALL_EXIT",
	[UTRACE_NR_SIGNAL]		= "SIGNAL",
	[UTRACE_NR_SIGNAL_IGN]		= "SIGNAL_IGN",
	[UTRACE_NR_SIGNAL_STOP]		= "SIGNAL_STOP",
	[UTRACE_NR_SIGNAL_TERM]		= "SIGNAL_TERM",
	[UTRACE_NR_SIGNAL_CORE]		= "SIGNAL_CORE",
	[UTRACE_NR_JCTL]		= "JCTL",
	[UTRACE_NR_SECCOMP]		= "SECCOMP",
	[UTRACE_NR_VFORK_DONE]		= "VFORK_DONE",
	[UTRACE_NR_GROUP_STOP]		= "GROUP_STOP",
	[UTRACE_NR_NO_SECCOMP]		= "NO_SECCOMP",
};

static_assert(ARRAY_SIZE(utrace_event_names) == UTRACE_NR_EVENTS);

/* Readers are not to learn the address, which %ps shows for want of a symbol. */
static void utrace_show_ops(struct seq_file *m,
			    const struct utrace_engine_ops *ops)
{
	char name[KSYM_SYMBOL_LEN];

	if (sprint_symbol_no_offset(name, (unsigned long)ops) &&
	    !str_has_prefix(name, "0x"))
		seq_puts(m, name);
	else
		seq_printf(m, "%p", ops);
}

static void utrace_show_engine(struct seq_file *m,
			       const struct utrace_engine *engine)
{
	unsigned long events = engine->flags & UTRACE_EVENT_ALL;
	const char *separator = " ";
	int nr;

	utrace_show_ops(m, engine->ops);
	for_each_set_bit(nr, &events, UTRACE_NR_EVENTS) {
		seq_printf(m, "%s%s", separator, utrace_event_names[nr]);
		separator = ",";
	}
	if (!events)
		seq_puts(m, " -");
	if (engine->flags & (ENGINE_STOP | ENGINE_PUT_OFF))
		seq_puts(m, " stop\n");
	else
		seq_puts(m, " -\n");
}

/**
 * utrace_show - contents of /proc/PID/utrace
 * @m: where to write
 * @task: the task
 *
 * Context: process context; the caller holds a reference to @task.
 */
void utrace_show(struct seq_file *m, struct task_struct *task)
{
	/* Pairs with cmpxchg() in utrace_get_struct(). */
	struct utrace *utrace = smp_load_acquire(&task->utrace);
	struct utrace_engine *engine;

	if (!utrace)
		return;
	guard(spinlock_irqsave)(&utrace->lock);
	list_for_each_entry(engine, &utrace->engines, entry)
		if (!(engine->flags & ENGINE_DETACHED))
			utrace_show_engine(m, engine);
}
