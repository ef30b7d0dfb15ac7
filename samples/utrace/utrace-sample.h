/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What all sample engines need: to attach to a task, and to let go of it in
 * such a way that the module can be unloaded.
 */
#ifndef _UTRACE_SAMPLE_H
#define _UTRACE_SAMPLE_H

#include <linux/err.h>
#include <linux/pid.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/sched/task.h>
#include <linux/utrace.h>

/* A task and our engine on it; we hold a reference to each. */
struct sample_target {
	struct task_struct *task;
	struct utrace_engine *engine;
};

/*
 * Wait until no callback of the engine is running.  The barrier ends early
 * when a signal comes, and whoever unloads a module may be killed while doing
 * so; but we cannot leave before the callback did.
 */
static inline void sample_barrier(struct sample_target *target)
{
	while (utrace_barrier(target->task, target->engine) == -ERESTARTSYS)
		schedule_timeout_uninterruptible(1);
}

/*
 * Detach.  When this returns, no callback is running and none will come: what
 * the callbacks use can be freed, and the module with their code unloaded.
 *
 * Not to be called from a callback of this engine.
 */
static inline void sample_detach(struct sample_target *target)
{
	/*
	 * -EALREADY is transient: report_death() is about to be called or is
	 * running, and the engine can be detached after the barrier.
	 *
	 * -EINPROGRESS: detached, but a callback may be running.
	 * -ESRCH: detached before, by a callback that returned UTRACE_DETACH or
	 * because the task was reaped.  Here too the callback may be running.
	 */
	while (utrace_control(target->task, target->engine,
			      UTRACE_DETACH) == -EALREADY)
		sample_barrier(target);
	sample_barrier(target);
}

/*
 * After sample_detach(), and after the last use of the target.  The engine has
 * no other reference by then: if ops->release() is set, it is called by this
 * put, not later.
 */
static inline void sample_put(struct sample_target *target)
{
	utrace_engine_put(target->engine);
	put_task_struct(target->task);
}

/*
 * Attach a new engine to the task.  Consumes the reference to the task, also
 * when it fails.  No event is asked for yet.
 */
static inline int sample_attach(struct sample_target *target,
				struct task_struct *task,
				const struct utrace_engine_ops *ops, void *data)
{
	struct utrace_engine *engine;

	engine = utrace_attach_task(task, UTRACE_ATTACH_CREATE |
				    UTRACE_ATTACH_EXCLUSIVE |
				    UTRACE_ATTACH_MATCH_OPS, ops, data);
	if (IS_ERR(engine)) {
		put_task_struct(task);
		return PTR_ERR(engine);
	}
	target->task = task;
	target->engine = engine;
	return 0;
}

/*
 * Ask for events.  They may start to be reported before this returns: whatever
 * the callbacks need must be ready.
 */
static inline int sample_set_events(struct sample_target *target,
				    unsigned long events)
{
	int ret = utrace_set_events(target->task, target->engine, events);

	/*
	 * The task was running, and might have been in a callback that we no
	 * longer asked for.  Nothing to a new engine, which had none.
	 */
	return ret == -EINPROGRESS ? 0 : ret;
}

/* The task with this number, as whoever loads the module sees it. */
static inline struct task_struct *sample_find_task(int nr)
{
	struct pid *pid = find_get_pid(nr);
	struct task_struct *task = get_pid_task(pid, PIDTYPE_PID);

	put_pid(pid);
	return task;
}

/* All of the above, for a module that traces one task. */
static inline int sample_trace(struct sample_target *target, int nr,
			       const struct utrace_engine_ops *ops,
			       unsigned long events)
{
	struct task_struct *task = sample_find_task(nr);
	int ret = -ESRCH;

	if (task)
		ret = sample_attach(target, task, ops, NULL);
	if (ret)
		goto failed;
	ret = sample_set_events(target, events);
	if (!ret)
		return 0;

	sample_detach(target);
	sample_put(target);
failed:
	pr_err("cannot trace task %d: %pe\n", nr, ERR_PTR(ret));
	return ret;
}

#endif /* _UTRACE_SAMPLE_H */
