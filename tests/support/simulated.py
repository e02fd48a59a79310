"""Small routines that the simulator's tests run."""

from __future__ import annotations

from assembling import assembled

from armsym.elf import Image, load_bytes

TEXT = """
    .arch armv8-a+crypto
    .text
    .global absolute
    .type absolute, %function
absolute:                       // x0 = |x0|
.Labsolute:
    cmp x0, #0
    b.ge 1f
    neg x0, x0
1:  ret
    .size absolute, .-absolute

    .global choose
choose:                         // larger of w0 and w1, unsigned, and a flag in w1
    cmp w0, w1
    csel w0, w0, w1, hi
    cset w1, eq
    ret

    .global total
total:                          // x0 = sum of the x1 bytes at x0
    mov x3, #0
1:  cbz x1, 2f
    ldrb w2, [x0], #1
    add x3, x3, x2
    sub x1, x1, #1
    b 1b
2:  mov x0, x3
    ret

    .global put
put:                            // byte w2 at x0 + x1, then the byte at x0 into w0
    strb w2, [x0, x1]
    ldrb w0, [x0]
    ret

    .global pair
pair:                           // x1 and x2 at x0 and x0 + 8, after a change of x3
    add x3, x3, #1
    stp x1, x2, [x0]
    ret

    .global vectors
vectors:
    ld1 {v0.16b, v1.16b}, [x0], #32
    ret

    .global swap
swap:                           // reverse the eight bytes at x0 in place, by halves, over the stack
    sub sp, sp, #16
    ldp w2, w3, [x0]
    stp w2, w3, [sp, #8]
    ldr x4, [sp, #8]
    rev x4, x4
    str x4, [x0]
    add sp, sp, #16
    ret

    .global mixed
mixed:                          // calls, a quotient, a condition on a condition, vectors
    stp x29, x30, [sp, #-16]!
    mov x29, sp
    bl .Labsolute               // near: no linker puts code of its own in between
    udiv x2, x0, x1
    cmp x2, #7
    ccmp x1, x0, #4, ne
    b.eq 1f
    dup v0.4s, w2
    add v0.4s, v0.4s, v1.4s
    aese v1.16b, v0.16b
    b 2f
1:  eor x0, x0, x2, ror #13
2:  ldp x29, x30, [sp], #16
    ret

    .global constants
constants:                      // a word of a table
    adr x1, table
    ldr w0, [x1, #4]
    ret
    .balign 4
table:
    .word 1, 0x12345678, 3

    .global calls_other
calls_other:
    str x30, [sp, #-16]!
    bl other
    add x0, x0, #1
    ldr x30, [sp], #16
    ret

    .global system
system:                         // a system call: number in x8
    mov x8, #64
    svc #0
    ret

    .global forever
forever:
    add x0, x0, #1
    b forever

    .global unmodelled
unmodelled:
    add x0, x0, #1
    ldxr x1, [x2]
    ret

    .global jump
jump:
    br x3

    .data
    .global counter
counter: .quad 5
    .text
    .global uses_data
uses_data:
    adrp x1, counter
    ldr x0, [x1, :lo12:counter]
    ret
"""


def image() -> Image:
    """They, as an object file."""
    return load_bytes(assembled(TEXT), "routines.o")
