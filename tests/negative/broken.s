// Small routines, each wrong in one way, but for those whose name begins with right_.
//
// Most copy 16 bytes from x1 to x0, which `copies` in test_broken_copies.py specifies; the bytes are
// secret, x2 is a public number.

        .arch   armv8-a

        .macro  routine name
        .global \name
        .type   \name, %function
        .p2align 4
\name\():
        .endm

        .macro  copy
        ldp     x3, x4, [x1]
        stp     x3, x4, [x0]
        .endm

        .text

// ---- nothing wrong ------------------------------------------------------------------------------

        routine right_copy
        copy
        ret

        routine right_copy_with_frame
        stp     x19, x20, [sp, #-32]!
        str     d8, [sp, #16]
        ldp     x19, x20, [x1]
        fmov    d8, x19
        stp     x19, x20, [x0]
        ldr     d8, [sp, #16]
        ldp     x19, x20, [sp], #32
        ret

// ---- AAPCS64 ------------------------------------------------------------------------------------

        routine clobbers_x19
        copy
        mov     x19, #0
        ret

        routine clobbers_x29
        copy
        add     x29, x29, #16
        ret

        routine clobbers_d8
        ldr     q8, [x1]
        str     q8, [x0]
        ret

        routine clobbers_upper_half_of_d15             // writing s15 clears the rest of v15
        copy
        fmov    s15, w3
        ret

        routine forgets_sp
        sub     sp, sp, #16
        copy
        ret

        routine forgets_to_reload
        str     x19, [sp, #-16]!
        ldp     x19, x4, [x1]
        stp     x19, x4, [x0]
        add     sp, sp, #16
        ret

        routine restores_in_the_wrong_order
        stp     x19, x20, [sp, #-16]!
        ldp     x19, x20, [x1]
        stp     x19, x20, [x0]
        ldp     x20, x19, [sp], #16
        ret

// ---- memory -------------------------------------------------------------------------------------

        routine stores_below_sp
        copy
        stur    x2, [sp, #-8]
        ret

        routine stores_below_sp_by_another_register
        copy
        sub     x5, sp, #16
        str     x2, [x5]
        ret

        routine loads_below_sp
        copy
        ldur    x5, [sp, #-8]
        ret

        routine loads_what_it_popped
        copy
        str     x3, [sp, #-16]!
        add     sp, sp, #16
        ldur    x5, [sp, #-16]
        ret

        routine stores_to_the_callers_frame
        copy
        str     x2, [sp, #8]
        ret

        routine needs_more_stack_than_declared
        sub     sp, sp, #48
        copy
        str     x2, [sp]
        add     sp, sp, #48
        ret

        routine reads_one_byte_past
        copy
        ldrb    w5, [x1, #16]
        ret

        routine reads_one_byte_before
        copy
        ldurb   w5, [x1, #-1]
        ret

        routine stores_one_byte_past
        copy
        strb    wzr, [x0, #16]
        ret

        routine stores_to_the_input
        copy
        strb    wzr, [x1, #3]
        ret

        routine reads_an_undeclared_global
        copy
        adrp    x5, counter
        ldr     x5, [x5, :lo12:counter]
        ret

        routine stores_to_a_constant
        copy
        adrp    x5, constant
        str     x3, [x5, :lo12:constant]
        ret

        routine stores_to_code
        copy
        adr     x5, right_copy
        str     w3, [x5]
        ret

        routine loads_from_a_number
        copy
        mov     x5, #0x1000
        ldr     x6, [x5]
        ret

        routine reaches_one_buffer_from_the_other      // the distance of two regions is unknown
        copy
        sub     x5, x1, x0
        ldr     x6, [x0, x5]
        add     x5, x0, #0x100
        ldr     x6, [x5]
        ret

// ---- results ------------------------------------------------------------------------------------

        routine swaps_words
        ldp     x3, x4, [x1]
        stp     x4, x3, [x0]
        ret

        routine stores_half
        ldr     x3, [x1]
        str     x3, [x0]
        ret

        routine takes_a_register_never_set
        copy
        str     x9, [x0]
        ret

        routine takes_stale_stack
        sub     sp, sp, #16
        copy
        ldr     x5, [sp]
        str     x5, [x0]
        add     sp, sp, #16
        ret

        routine wrong_for_one_secret                   // no branch: found only by looking at all inputs
        copy
        movz    x5, #0x1234
        movk    x5, #0x5678, lsl #16
        movk    x5, #0x9abc, lsl #32
        movk    x5, #0xdef0, lsl #48
        cmp     x3, x5
        csel    x3, xzr, x3, eq
        str     x3, [x0]
        ret

        routine wrong_for_one_public_number
        copy
        movz    x5, #0x1234
        movk    x5, #0x5678, lsl #16
        cmp     x2, x5
        b.ne    1f
        str     xzr, [x0]
1:      ret

// ---- constant time ------------------------------------------------------------------------------

        routine branches_on_a_secret
        copy
        tbnz    x3, #0, 1f
        nop
1:      ret

        routine branches_on_flags_of_the_caller
        copy
        b.eq    1f
        nop
1:      ret

        routine branches_on_a_secret_it_stored         // the secret takes a way through memory
        copy
        ldrb    w5, [x0, #7]
        cbz     w5, 1f
        nop
1:      ret

        routine loads_from_a_secret_address
        copy
        and     x5, x3, #8
        ldr     x6, [x1, x5]
        ret

        routine stores_to_a_secret_address
        copy
        and     x5, x3, #8
        ldr     x6, [x1]
        str     x6, [sp, #-16]!
        and     x5, x3, #8
        str     x6, [sp, x5]
        add     sp, sp, #16
        ret

        routine divides_a_secret
        copy
        udiv    x5, x4, x3
        ret

        routine divides_a_secret_signed
        copy
        sdiv    w5, w2, w3
        ret

// ---- control flow -------------------------------------------------------------------------------

        routine loops_forever
        copy
1:      b       1b

        routine loops_too_often_for_one_public_number  // 2**64 rounds if x2 is 0
        copy
1:      sub     x2, x2, #1
        cbnz    x2, 1b
        ret

        routine stops_at_a_breakpoint
        copy
        brk     #1
        ret

        routine stops_at_a_breakpoint_for_one_public_number
        copy
        movz    x5, #0x1234
        movk    x5, #0x5678, lsl #16
        cmp     x2, x5
        b.ne    1f
        brk     #1
1:      ret

        routine calls_the_system
        copy
        svc     #0
        ret

        routine executes_an_undefined_word
        copy
        .inst   0x00000000                             // UDF #0
        ret

        routine executes_an_unallocated_word
        copy
        .inst   0x1ec00000                             // reserved in "Floating-point<->integer"
        ret

        routine calls_another_file
        str     x30, [sp, #-16]!
        copy
        bl      missing
        ldr     x30, [sp], #16
        ret

        routine returns_past_the_caller
        copy
        add     x30, x30, #4
        ret

        routine returns_to_a_secret
        copy
        ret     x3

        routine branches_to_data
        copy
        adrp    x5, constant
        add     x5, x5, :lo12:constant
        br      x5

        routine misaligns_sp
        copy
        sub     sp, sp, #8
        str     x2, [sp]
        add     sp, sp, #8
        ret

// ---- other contracts ----------------------------------------------------------------------------

// x0 + w1: the caller leaves anything in the upper half of x1.
        routine takes_the_upper_half_of_a_word
        add     x0, x0, x1
        ret

// armsym_ct_memcmp, but it stops at the first difference.
        routine compares_until_the_first_difference
        cbz     x2, 2f
1:      ldrb    w4, [x0], #1
        ldrb    w5, [x1], #1
        cmp     w4, w5
        b.ne    3f
        subs    x2, x2, #1
        b.ne    1b
2:      mov     w0, #0
        ret
3:      mov     w0, #1
        ret

        .section .rodata, "a", %progbits
        .p2align 3
constant:
        .xword  0xd65f03c0d65f03c0

        .data
        .p2align 3
counter:
        .xword  1

        .section .note.GNU-stack, "", %progbits
