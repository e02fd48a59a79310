// Small routines for the faults whose shipped builds cannot be had: of each the faulty form and the mended one.
//
// Written for armsym.  Where a macro makes both, its last argument is what differs.
// proofs.py states what each should do, exhibits.py where such a fault is public.

        .arch   armv8-a
        .text

        .macro  begin name
        .p2align 4
        .global \name
        .type   \name, %function
\name:
        .endm

        .macro  end name
        ret
        .size   \name, . - \name
        .endm

// void add_lanes(uint16_t r[8], const uint16_t a[8], const uint16_t b[8]): r = a + b.  D8 to D15 are the caller's.
        .macro  add_lanes name, scratch
        begin   \name
        ld1     {v0.8h}, [x1]
        ld1     {v\scratch\().8h}, [x2]
        add     v0.8h, v0.8h, v\scratch\().8h
        st1     {v0.8h}, [x0]
        end     \name
        .endm

        add_lanes add_lanes_faulty, 15
        add_lanes add_lanes_fixed, 16

// void add_words(uint64_t r[4], const uint64_t a[4], uint64_t k): r = a + k in each word.  X29 is the caller's.
        .macro  add_words name, scratch
        begin   \name
        ldp     x3, x4, [x1]
        ldp     x5, \scratch, [x1, #16]
        add     x3, x3, x2
        add     x4, x4, x2
        add     x5, x5, x2
        add     \scratch, \scratch, x2
        stp     x3, x4, [x0]
        stp     x5, \scratch, [x0, #16]
        end     \name
        .endm

        add_words add_words_faulty, x29
        add_words add_words_fixed, x6

// void counter_rows(uint32_t row[4], uint32_t out[16]): four rows of a ChaCha20 state whose counter is word 0, and the
// row after them.  The counter has 32 bits.
        .macro  counter_rows name, arrangement
        begin   \name
        ld1     {v0.4s}, [x0]
        movi    v1.2d, #0
        mov     w3, #1
        mov     v1.s[0], w3
        mov     w2, #4
1:      st1     {v0.4s}, [x1], #16
        add     v0.\arrangement, v0.\arrangement, v1.\arrangement
        subs    w2, w2, #1
        b.ne    1b
        st1     {v0.4s}, [x0]
        end     \name
        .endm

        counter_rows counter_rows_faulty, 2d
        counter_rows counter_rows_fixed, 4s

// void add_mod(uint64_t r[4], const uint64_t a[4], const uint64_t b[4]): r = a + b modulo the prime of P-256, for
// a and b below it.  The sum has 257 bits.
        .macro  add_mod name, takes_carry
        begin   \name
        ldp     x3, x4, [x1]
        ldp     x5, x6, [x1, #16]
        ldp     x7, x8, [x2]
        ldp     x9, x10, [x2, #16]
        adds    x3, x3, x7
        adcs    x4, x4, x8
        adcs    x5, x5, x9
        adcs    x6, x6, x10
        adc     x11, xzr, xzr
        mov     x12, #-1
        mov     x13, #0xffffffff
        mov     x14, #0xffffffff00000001
        subs    x7, x3, x12
        sbcs    x8, x4, x13
        sbcs    x9, x5, xzr
        sbcs    x10, x6, x14
        .if     \takes_carry
        sbcs    xzr, x11, xzr
        .endif
        csel    x3, x7, x3, cs
        csel    x4, x8, x4, cs
        csel    x5, x9, x5, cs
        csel    x6, x10, x6, cs
        stp     x3, x4, [x0]
        stp     x5, x6, [x0, #16]
        end     \name
        .endm

        add_mod add_mod_faulty, 0
        add_mod add_mod_fixed, 1

// void put_tag(uint8_t *tag, const uint8_t full[16], size_t length): the first `length` bytes, 12 to 16, of the tag.
        begin   put_tag_faulty
        ld1     {v0.16b}, [x1]
        st1     {v0.16b}, [x0]
        end     put_tag_faulty

        begin   put_tag_fixed
        mov     x3, #0
1:      ldrb    w4, [x1, x3]
        strb    w4, [x0, x3]
        add     x3, x3, #1
        cmp     x3, x2
        b.lo    1b
        end     put_tag_fixed

// size_t sample(uint16_t *out, size_t length, const uint8_t in[6]): of the four candidates of 12 bits in `in` those below
// 3329 are put into out, at most `length`, which is at most 4; how many were.  `in` is public.
        .macro  sample name, looks_again
        begin   \name
        mov     x3, #0
        mov     x4, #0
        mov     w5, #3329
1:      cmp     x3, x1
        b.hs    3f
        cmp     x4, #6
        b.hs    3f
        add     x6, x2, x4
        ldrb    w7, [x6]
        ldrb    w8, [x6, #1]
        ldrb    w9, [x6, #2]
        add     x4, x4, #3
        and     w10, w8, #15
        orr     w7, w7, w10, lsl #8
        lsr     w8, w8, #4
        orr     w8, w8, w9, lsl #4
        cmp     w7, w5
        b.hs    2f
        strh    w7, [x0, x3, lsl #1]
        add     x3, x3, #1
        .if     \looks_again
        cmp     x3, x1
        b.hs    3f
        .endif
2:      cmp     w8, w5
        b.hs    1b
        strh    w8, [x0, x3, lsl #1]
        add     x3, x3, #1
        b       1b
3:      mov     x0, x3
        end     \name
        .endm

        sample  sample_faulty, 0
        sample  sample_fixed, 1

// void add_if(uint64_t *r, const uint64_t *a, const uint64_t *b, uint32_t bit): *r = *a + *b if the bit is 1, else *a.
// The bit is secret.
        begin   add_if_faulty
        ldr     x4, [x1]
        cbz     w3, 1f
        ldr     x5, [x2]
        add     x4, x4, x5
1:      str     x4, [x0]
        end     add_if_faulty

        begin   add_if_fixed
        ldr     x4, [x1]
        ldr     x5, [x2]
        cmp     w3, #0
        csel    x5, xzr, x5, eq
        add     x4, x4, x5
        str     x4, [x0]
        end     add_if_fixed

// uint64_t gather(const uint64_t table[16], size_t index): the entry of number index modulo 16.  The index is secret.
        begin   gather_faulty
        and     x1, x1, #15
        ldr     x0, [x0, x1, lsl #3]
        end     gather_faulty

        begin   gather_fixed
        and     x1, x1, #15
        mov     x2, #0
        mov     x3, #0
1:      ldr     x4, [x0, x2, lsl #3]
        cmp     x2, x1
        csel    x3, x4, x3, eq
        add     x2, x2, #1
        cmp     x2, #16
        b.ne    1b
        mov     x0, x3
        end     gather_fixed

// void halve(uint64_t u[4]): u / 2 if u is even.  u, odd or twice an odd number, is secret.
        begin   halve_faulty
        ldp     x4, x5, [x0]
        ldp     x6, x7, [x0, #16]
        tbnz    x4, #0, 2f
1:      extr    x4, x5, x4, #1
        extr    x5, x6, x5, #1
        extr    x6, x7, x6, #1
        lsr     x7, x7, #1
        tbz     x4, #0, 1b
2:      stp     x4, x5, [x0]
        stp     x6, x7, [x0, #16]
        end     halve_faulty

        begin   halve_fixed
        ldp     x4, x5, [x0]
        ldp     x6, x7, [x0, #16]
        extr    x8, x5, x4, #1
        extr    x9, x6, x5, #1
        extr    x10, x7, x6, #1
        lsr     x11, x7, #1
        tst     x4, #1
        csel    x4, x8, x4, eq
        csel    x5, x9, x5, eq
        csel    x6, x10, x6, eq
        csel    x7, x11, x7, eq
        stp     x4, x5, [x0]
        stp     x6, x7, [x0, #16]
        end     halve_fixed

        .section .note.GNU-stack, "", %progbits
