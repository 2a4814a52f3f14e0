/* SPDX-License-Identifier: MIT OR Apache-2.0 */

/* To be linked first: where the call frame information of the program starts, and telling the unwinder. */

        .section .eh_frame, "a"
        .globl  frames_begin
frames_begin:

        .text
        .globl  _start_with_frames
_start_with_frames:
        l.jal   register_frames
         l.ori  r2, r0, 0
        l.j     _start
         l.nop

        .section .note.GNU-stack, "", @progbits
