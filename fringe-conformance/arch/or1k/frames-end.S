/* SPDX-License-Identifier: MIT OR Apache-2.0 */

/* To be linked last: the end of the call frame information. */

        .section .eh_frame, "a"
        .long   0

        .section .note.GNU-stack, "", @progbits
