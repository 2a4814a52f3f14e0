// SPDX-License-Identifier: MIT OR Apache-2.0

/** What {@link dev.fringe.Doctor} does. Nothing else in the library knows it. */
package dev.fringe.internal.doctor;
