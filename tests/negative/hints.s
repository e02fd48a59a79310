// Small routines about which a proof says too little, or something else than the code does: test_hints.py.

        .arch   armv8-a
        .text

        .macro  routine name
        .global \name
        .type   \name, %function
\name:
        .endm

        .macro  copy
        ldr     x2, [x1]
        str     x2, [x0]
        .endm

        routine pushes
        stp     x19, x20, [sp, #-16]!
        copy
        ldp     x19, x20, [sp], #16
        ret

        routine pushes_more
        stp     x19, x20, [sp, #-48]!
        copy
        ldp     x19, x20, [sp], #48
        ret

        routine below_sp
        str     x1, [sp, #-8]
        copy
        ret

        routine moves_sp
        sub     sp, sp, #32
        copy
        add     sp, sp, #32
        ret

        routine odd                     // one byte, which no multiple of 16 is
        strb    w1, [sp, #-1]
        copy
        ret

        routine ninth                   // an argument that no register holds
        ldr     x0, [sp, #8]
        ret

        routine reads_far
        copy
        sub     x3, sp, #16, lsl #12
        ldr     x2, [x3, #-8]
        ret

        routine reads_nothing
        copy
        mov     x3, #4096
        ldr     x2, [x3]
        ret

        routine loads_eight
        ldr     x0, [x1]
        ret

        routine two_loops
        mov     x4, #0
        mov     x6, #0
1:      ldr     x3, [x0], #8
        add     x4, x4, x3
        subs    x1, x1, #1
        b.ne    1b
2:      ldr     x3, [x2], #8
        eor     x6, x6, x3
        subs    x5, x5, #1
        b.ne    2b
        eor     x0, x4, x6
        ret

        routine products
        mov     x3, #1
        mov     x4, #0
1:      ldr     x5, [x0], #8
        mul     x3, x3, x5
        add     x4, x4, x3
        subs    x1, x1, #1
        b.ne    1b
        mov     x0, x4
        ret

        routine loses_lr
        mov     x30, x0
        ret

        routine returns_by_x5
        add     x5, x0, #4
        ret     x5

        routine jumps_away
        br      x0

        routine carries_a_flag
        adds    xzr, xzr, xzr
        mov     x4, #0
1:      cinc    x4, x4, cs
        b.cs    2f
        nop
2:      subs    x1, x1, #1
        b.ne    1b
        mov     x0, #0
        ret

        routine mixes
        adds    xzr, xzr, xzr
1:      cinc    x2, x0, cs
        cbz     x2, 2f
        nop
2:      subs    x1, x1, #1
        b.ne    1b
        ret

        routine just_returns
        ret
