/* SPDX-License-Identifier: GPL-2.0 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM utrace

#if !defined(_TRACE_UTRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _TRACE_UTRACE_H

#include <linux/sched.h>
#include <linux/tracepoint.h>
#include <linux/utrace.h>

DECLARE_EVENT_CLASS(utrace_engine,
		    TP_PROTO(struct task_struct *task,
			     struct utrace_engine *engine),
		    TP_ARGS(task, engine),
		    TP_STRUCT__entry(__array(char, comm, TASK_COMM_LEN)
				     __field(pid_t, pid)
				     __field(const void *, engine)
				     __field(const void *, ops)),
		    TP_fast_assign(memcpy(__entry->comm, task->comm,
					  TASK_COMM_LEN);
				   __entry->pid = task->pid;
				   __entry->engine = engine;
				   __entry->ops = engine->ops;),
		    TP_printk("comm=%s pid=%d engine=%p ops=%ps",
			      __entry->comm, __entry->pid, __entry->engine,
			      __entry->ops)
);

DEFINE_EVENT(utrace_engine, utrace_attach,
	     TP_PROTO(struct task_struct *task, struct utrace_engine *engine),
	     TP_ARGS(task, engine)
);

DEFINE_EVENT(utrace_engine, utrace_detach,
	     TP_PROTO(struct task_struct *task, struct utrace_engine *engine),
	     TP_ARGS(task, engine)
);

DECLARE_EVENT_CLASS(utrace_task,
		    TP_PROTO(struct task_struct *task),
		    TP_ARGS(task),
		    TP_STRUCT__entry(__array(char, comm, TASK_COMM_LEN)
				     __field(pid_t, pid)),
		    TP_fast_assign(memcpy(__entry->comm, task->comm,
					  TASK_COMM_LEN);
				   __entry->pid = task->pid;),
		    TP_printk("comm=%s pid=%d", __entry->comm, __entry->pid)
);

DEFINE_EVENT(utrace_task, utrace_stop,
	     TP_PROTO(struct task_struct *task),
	     TP_ARGS(task)
);

DEFINE_EVENT(utrace_task, utrace_resume,
	     TP_PROTO(struct task_struct *task),
	     TP_ARGS(task)
);

#endif /* _TRACE_UTRACE_H */

#include <trace/define_trace.h>
