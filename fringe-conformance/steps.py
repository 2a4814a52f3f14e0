# SPDX-License-Identifier: MIT OR Apache-2.0
#
# gdb -batch -nx -x steps.py unwind, or with a remote target named by the variable FRINGE_TARGET:
# steps through the switches of the program "unwind" one instruction at a time, and takes a backtrace
# at each. It must lead to main over the resumer every time, so the call frame information is right at
# every instruction, and gdb must not call the stack corrupt. Besides, where gdb can read the thread
# pointer, the rule of the tid slots must hold at every instruction: a signal may come after any. The
# variable FRINGE_ARGUMENT is an argument for the program: "words" to switch by words. The variable
# FRINGE_THREAD_POINTER has the names that gdb may know the thread pointer by.

import os

import gdb

MOST_FRAMES = 60

passed = 0
failed = 0


def names():
    """The functions of the backtrace, the innermost first."""
    found = []
    frame = gdb.newest_frame()
    while frame is not None and len(found) < MOST_FRAMES:
        found.append(frame.name() or "?")
        reason = frame.unwind_stop_reason()
        if reason not in (gdb.FRAME_UNWIND_NO_REASON, gdb.FRAME_UNWIND_OUTERMOST):
            found.append("(%s)" % gdb.frame_stop_reason_string(reason))
        frame = frame.older()
    return found


def has(found, expected):
    """Whether the expected names occur in this order."""
    rest = iter(found)
    return all(any(name == each for each in rest) for name in expected)


def go_to(function, caller, times):
    """Runs until a function is called, from a certain one, for so many times from now."""
    stop = gdb.Breakpoint("*" + function, internal=True)
    hits = 0
    while hits < times:
        gdb.execute("continue", to_string=True)
        hits += names()[1] == caller
    stop.delete()


def thread_pointer():
    """The thread pointer, or None if gdb has no register for it here."""
    for register in os.environ.get("FRINGE_THREAD_POINTER", "").split():
        value = gdb.parse_and_eval(register)
        if value.type.code != gdb.TYPE_CODE_VOID:
            return int(value)
    return None


def slot(of):
    """The tid slot of the thread with this thread pointer."""
    offset = int(gdb.parse_and_eval("'threads.c'::tid_offset"))
    return int(gdb.parse_and_eval("*(int *) %d" % (of + offset)))


def running(now):
    """The thread that a signal handler finds, by the word of the key."""
    values = int(gdb.parse_and_eval("*(long *) (%d + 'threads.c'::words.values_offset)" % now))
    return int(gdb.parse_and_eval("*(long *) (%d + 'threads.c'::words.key_offset)" % values))


def slots():
    """Why the rule of the tid slots does not hold between main and the first generator, or None."""
    now = thread_pointer()
    if now is None:
        return None
    generator = int(gdb.parse_and_eval("'unwind.c'::generators[0].context.tp"))
    by_words = int(gdb.parse_and_eval("by_words"))
    kernel_thread = slot(main_thread)
    if now != main_thread and (by_words or now != generator):
        return "the thread pointer is %#x" % now
    runs = now == generator
    if words_are_known:
        found = running(now)
        if found == int(gdb.parse_and_eval("(long) &'unwind.c'::generators[0]")):
            runs = True
        elif runs or found != main_identity:
            return "a signal handler finds the thread %#x" % found
    if runs and slot(generator) != kernel_thread:
        return "the running thread is the generator's, its slot has %d" % slot(generator)
    if slot(generator) not in (kernel_thread, int(gdb.parse_and_eval("bystander"))):
        return "the slot of the generator has %d" % slot(generator)
    if kernel_thread != main_id:
        return "the slot of the resumer has changed to %d" % kernel_thread
    return None


def symbol():
    """The function of the next instruction."""
    return gdb.execute("info symbol $pc", to_string=True).split()[0]


def step_through(title, function, caller, other, expected, times=2, rule=lambda: None):
    """From the call by `caller` to the return into `other`, the function that left that side."""
    global passed, failed
    why = None
    count = 0
    try:
        go_to(function, caller, times)
        name = symbol()
        while why is None:
            found = names()
            # A switch may call something, such as what tells where the code is.
            inner = 0 if symbol() == name else 1
            if inner == 1 and found[1:2] != [name]:
                break
            why = rule()
            if not has(found, expected) or found[inner + 1] not in (caller, other):
                why = "after %d instructions: %s" % (count, " < ".join(found[:20]))
            gdb.execute("stepi", to_string=True)
            count += 1
        found = names()
        if why is None and (not has(found, expected) or found[0] != other):
            why = "on the other side: " + " < ".join(found[:20])
        if why is None:
            why = rule()
        if why is None and count < 10:
            why = "only %d instructions in %s" % (count, name)
    except gdb.error as error:
        why = "gdb: %s" % error
    if why is None:
        passed += 1
        print("ok %s (%d instructions)" % (title, count))
    else:
        failed += 1
        print("FAILED %s: %s" % (title, why))


gdb.execute("set pagination off")
gdb.execute("set confirm off")
gdb.execute("set debuginfod enabled off")
# The thread library would wonder about thread pointers that change.
gdb.execute("set auto-load libthread-db off")
# Frames above main, of the C library's start, do not matter.
target = os.environ.get("FRINGE_TARGET")
if target:
    gdb.execute("target remote " + target, to_string=True)
    gdb.execute("tbreak main", to_string=True)
    gdb.execute("continue", to_string=True)
else:
    gdb.execute("tbreak main", to_string=True)
    gdb.execute("run %s > /dev/null" % os.environ.get("FRINGE_ARGUMENT", ""), to_string=True)

step_through("into a bare context", "fringe_swap", "bare_resumer", "bare_body",
             ["bare_resumer", "bare_splice", "main"])
step_through("out of a bare context", "fringe_yield", "bare_body", "bare_resumer",
             ["bare_resumer", "bare_splice", "main"])
step_through("into a nested bare context", "fringe_swap", "bare_middle", "bare_body",
             ["bare_middle", "bare_outer", "bare_resumer", "bare_nested", "main"])
gdb.Breakpoint("hosted_splice", temporary=True)
gdb.execute("continue", to_string=True)
main_thread = thread_pointer()
main_id = slot(main_thread) if main_thread else None
words_are_known = gdb.lookup_static_symbol("words") is not None
main_identity = running(main_thread) if words_are_known else None
print("gdb can%s read the thread pointer" % ("" if main_thread else "'t"))
step_through("into a generator", "fringe_resume", "resume", "suspend",
             ["hosted_resumer", "hosted_splice", "main"], rule=slots)
step_through("out of a generator", "fringe_suspend", "suspend", "resume",
             ["hosted_resumer", "hosted_splice", "main"], rule=slots)
gdb.Breakpoint("hosted_nested", temporary=True)
gdb.execute("continue", to_string=True)
step_through("into a nested generator", "fringe_resume", "resume", "entry",
             ["hosted_resumer", "hosted_nested", "main"])
print("%d passed, %d failed" % (passed, failed))
gdb.execute("kill")
gdb.execute("quit %d" % (failed != 0))
