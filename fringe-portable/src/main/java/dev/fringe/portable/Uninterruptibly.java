// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.portable;

/** Waits that an interrupt does not end; the status is set when they have. */
final class Uninterruptibly {

    private Uninterruptibly() {}

    static void join(Thread thread) {
        boolean interrupted = false;
        while (true) {
            try {
                thread.join();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
