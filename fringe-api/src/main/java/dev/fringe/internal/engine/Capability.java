// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.internal.engine;

/**
 * What one engine can do and another can't. An engine declares what it has ({@link Engine#capabilities}); the
 * core asks before it needs one ({@link Engine#require}), so that nothing is silently different.
 */
public enum Capability {

    /** A body runs on memory that the caller gives, and the caller gets it back. */
    GIVEN_STACK("run a body on a stack that the caller gives"),

    /** The size of a body's stack is the caller's choice. */
    STACK_SIZE("give a body a stack of a certain size"),

    /**
     * A body suspends below frames of native code (Java calls C, C calls Java, and that suspends), and in the
     * initialiser of a class.
     */
    NATIVE_FRAMES("suspend below frames of native code"),

    /** A body is a C function. */
    NATIVE_BODY("run a body that is a C function"),

    /** A virtual thread resumes, pinned to its carrier or not. */
    VIRTUAL_RESUMER("be resumed by a virtual thread"),

    /** A body that blocks does not keep the carrier of the virtual thread that resumes it. */
    UNPINNED_RESUMER("leave the carrier of a virtual thread that resumes to others while the body blocks");

    private final String verb;

    Capability(String verb) {
        this.verb = verb;
    }

    /** What an engine that has it can do, as words that follow "can" or "can't". */
    public String verb() {
        return verb;
    }
}
