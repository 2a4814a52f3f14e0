// SPDX-License-Identifier: MIT OR Apache-2.0

/** Tells Valgrind about the stacks of Fringe's generators. */
module dev.fringe.valgrind {
    requires dev.fringe;

    exports dev.fringe.valgrind;

    provides dev.fringe.spi.StackObserver with dev.fringe.valgrind.ValgrindStacks;
}
