// SPDX-License-Identifier: GPL-2.0-only
/*
 * The interface of tracing engines, for modules.
 */
#include <linux/export.h>
#include <linux/utrace.h>

EXPORT_SYMBOL_GPL(utrace_attach_task);
EXPORT_SYMBOL_GPL(utrace_attach_pid);
EXPORT_SYMBOL_GPL(utrace_engine_get);
EXPORT_SYMBOL_GPL(utrace_engine_put);
EXPORT_SYMBOL_GPL(utrace_set_events);
EXPORT_SYMBOL_GPL(utrace_set_events_pid);
EXPORT_SYMBOL_GPL(utrace_control);
EXPORT_SYMBOL_GPL(utrace_control_pid);
EXPORT_SYMBOL_GPL(utrace_control_locked);
EXPORT_SYMBOL_GPL(utrace_ask);
EXPORT_SYMBOL_GPL(utrace_ask_locked);
EXPORT_SYMBOL_GPL(utrace_withdraw);
EXPORT_SYMBOL_GPL(utrace_leave_steps);
EXPORT_SYMBOL_GPL(utrace_barrier);
EXPORT_SYMBOL_GPL(utrace_barrier_pid);
EXPORT_SYMBOL_GPL(utrace_prepare_examine);
EXPORT_SYMBOL_GPL(utrace_finish_examine);
EXPORT_SYMBOL_GPL(utrace_freeze);
EXPORT_SYMBOL_GPL(utrace_wait_frozen);
EXPORT_SYMBOL_GPL(utrace_unfreeze);
EXPORT_SYMBOL_GPL(utrace_resume_frozen);
EXPORT_SYMBOL_GPL(utrace_stepped_into_handler);
