// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.tests;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.NoSuchElementException;

/**
 * What a generator with a given {@link Tree} does, without a second stack: a machine whose states are the acts of the
 * body. Says what the documentation says; where the two differ, one of them is wrong.
 */
final class TreeModel implements Resumable {

    private final Tree tree;
    private final List<String> log;
    /** The act that the body is in; -1 before it has started. */
    private int at = -1;
    /** Whether it is suspended in that act. */
    private boolean waiting;
    /** The generator that it has delegated to in that act. */
    private TreeModel inner;
    private boolean bodyEnded;
    /** What {@code resume} and the others see: the body has ended, and all that was there has been taken. */
    private boolean finished;
    private boolean closed;
    /** What was produced and not taken: what the body has run ahead, or {@code hasNext} has fetched. */
    private final Deque<Long> ahead = new ArrayDeque<>();
    /** With which value the body waits for room. */
    private Long overflow;
    /** What comes after the values that were produced ahead. */
    private RuntimeException failure;

    TreeModel(Tree tree, List<String> log) {
        this.tree = tree;
        this.log = log;
    }

    // ---- what a resumer does --------------------------------------------------------------------------

    @Override
    public Long resume(Long input) {
        checkOpen();
        if (ahead.isEmpty()) {
            produce(input);
        }
        Long value = ahead.poll();
        finished |= value == null || tree.ahead() == 0 && bodyEnded;
        return value;
    }

    @Override
    public boolean hasNext() {
        checkOpen();
        if (ahead.isEmpty()) {
            produce(null);
        }
        finished |= ahead.isEmpty();
        return !ahead.isEmpty();
    }

    @Override
    public Long next() {
        Long value = resume(null);
        if (value == null) {
            throw new NoSuchElementException();
        }
        return value;
    }

    @Override
    public Long peek() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        return ahead.peek();
    }

    @Override
    public Long throwInto(RuntimeException exception) {
        if (tree.ahead() > 0) {
            throw new UnsupportedOperationException();
        }
        checkOpen();
        if (!ahead.isEmpty()) {
            throw new IllegalStateException("a value has been fetched");
        }
        if (finished) {
            throw exception;
        }
        Long value = run(null, exception);
        finished |= bodyEnded;
        return value;
    }

    @Override
    public void close() {
        if (finished || closed) {
            return;
        }
        closed = true;
        if (at >= 0 && !bodyEnded) {
            Tree.Failure failed = null;
            if (inner != null) {
                try {
                    inner.close();
                } catch (Tree.Failure e) {
                    failed = e;
                }
            }
            try {
                end(null);
            } catch (Tree.Failure e) {
                failed = e;
            }
            if (failed != null) {
                throw failed;
            }
        }
    }

    @Override
    public String state() {
        return closed ? "CLOSED" : finished || tree.ahead() == 0 && bodyEnded ? "FINISHED" : at < 0 ? "NEW" : "SUSPENDED";
    }

    private void checkOpen() {
        if (closed) {
            throw new IllegalStateException("closed");
        }
    }

    // ---- what the body does ---------------------------------------------------------------------------

    /** Runs the body for as many values as it produces without its resumer. */
    private void produce(Long input) {
        if (overflow != null) {
            ahead.add(overflow);
            overflow = null;
        }
        try {
            while (!bodyEnded) {
                Long value = run(tree.type() == Tree.Type.LONGS && input == null ? Long.valueOf(0) : input, null);
                if (value != null && tree.ahead() > 0 && ahead.size() == tree.ahead()) {
                    overflow = value;
                    return;
                }
                if (value != null) {
                    ahead.add(value);
                }
                if (tree.ahead() == 0) {
                    return;
                }
            }
        } catch (RuntimeException e) {
            failure = e;
        }
        if (ahead.isEmpty() && failure != null) {
            finished = true;
            RuntimeException thrown = failure;
            failure = null;
            throw thrown;
        }
    }

    /** Runs the body up to its next value; null if it has none. */
    private Long run(Long input, RuntimeException exception) {
        RuntimeException thrown = exception;
        if (at < 0) {
            at = 0;
            if (thrown != null) {
                bodyEnded = true;
                finished = true;
                throw thrown;
            }
            log.add(tree.id() + " starts with " + (tree.ahead() > 0 ? null : input));
        }
        RuntimeException ending = null;
        while (ending == null && at < tree.acts().size()) {
            try {
                Long value = act(tree.acts().get(at), input, thrown);
                if (value != null) {
                    return value;
                }
            } catch (RuntimeException e) {
                if (tree.catches() && e instanceof ArithmeticException) {
                    log.add(tree.id() + " catches");
                } else {
                    ending = e;
                }
            }
            thrown = null;
            waiting = false;
            inner = null;
            at++;
        }
        finished |= ending != null && tree.ahead() == 0;
        end(ending);
        return tree.type() == Tree.Type.STEPS ? tree.returned() : null;
    }

    /** One act: up to its next value, null if it is over. */
    private Long act(Tree.Act act, Long input, RuntimeException thrown) {
        boolean goesOn = waiting;
        waiting = true;
        switch (act) {
            case Tree.Fail fail -> throw new Tree.Failure(tree.id());
            case Tree.Emit emit when !goesOn -> {
                return tree.value(at);
            }
            case Tree.Emit emit -> {
                if (thrown != null) {
                    throw thrown;
                }
                log.add(tree.id() + " gets " + (tree.ahead() > 0 ? null : input));
                return null;
            }
            case Tree.Sub sub -> {
                if (!goesOn) {
                    inner = new TreeModel(sub.tree(), log);
                    return sub.primed() && !inner.hasNext() ? null : givenOut(sub, inner.resume(null));
                }
                if (thrown == null) {
                    boolean passes = tree.wayOf(sub) == Tree.Way.GENERATOR && tree.ahead() == 0;
                    return givenOut(sub, inner.resume(passes ? input : null));
                }
                if (!tree.raisesItself(sub)) {
                    return givenOut(sub, inner.throwInto(thrown));
                }
                try {
                    inner.close();
                } catch (Tree.Failure e) {
                    thrown.addSuppressed(e);
                }
                throw thrown;
            }
        }
    }

    private Long givenOut(Tree.Sub sub, Long value) {
        if (value != null && tree.getsResult(sub) && value == sub.tree().returned()) {
            log.add(tree.id() + " gets the result " + value);
            return null;
        }
        return value;
    }

    private void end(RuntimeException ending) {
        bodyEnded = true;
        log.add(tree.id() + " ends");
        if (tree.cleanup() == Tree.Cleanup.FAILS) {
            finished |= tree.ahead() == 0 && !closed;
            throw new Tree.Failure(tree.id());
        }
        if (ending != null) {
            throw ending;
        }
    }
}
