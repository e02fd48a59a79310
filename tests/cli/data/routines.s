// Small routines for the tests of the command line.  GNU as made routines.o of them.
        .text
        .globl  add64
        .type   add64, %function
add64:  add     x0, x0, x1
        ret
        .size   add64, . - add64

// x0 = the address of x1 words of 64 bits, x1 >= 1; returns their sum.
        .globl  sum64
        .type   sum64, %function
sum64:  mov     x2, xzr
.Lnext: ldr     x3, [x0], #8
        add     x2, x2, x3
        subs    x1, x1, #1
        b.ne    .Lnext
        mov     x0, x2
        ret
        .size   sum64, . - sum64

// Three instructions, a literal pool of two words, and no mapping symbol is missing.
        .globl  pool
        .type   pool, %function
pool:   ldr     x0, .Lvalue
        add     x0, x0, #1
        ret
        .balign 8
.Lvalue:
        .xword  0x1122334455667788
        .size   pool, . - pool

// 1 instruction of 3 is not part of any crypto routine: floating-point square root.
        .globl  root
        .type   root, %function
root:   fsqrt   d0, d0
        mov     x0, #1
        ret
        .size   root, . - root

        .globl  trap
        .type   trap, %function
trap:   brk     #7
        ret
        .size   trap, . - trap

// Stores to wherever x0 points.
        .globl  poke
        .type   poke, %function
poke:   str     x1, [x0]
        ret
        .size   poke, . - poke

        .globl  spin
        .type   spin, %function
spin:   b       spin
        .size   spin, . - spin

// v0 = v0 xor v1, and the first word of `counter` counts the calls.
        .globl  vxor
        .type   vxor, %function
vxor:   eor     v0.16b, v0.16b, v1.16b
        adrp    x9, counter
        ldr     x10, [x9, :lo12:counter]
        add     x10, x10, #1
        str     x10, [x9, :lo12:counter]
        mov     x0, x10
        ret
        .size   vxor, . - vxor

        .data
        .balign 8
        .globl  counter
        .type   counter, %object
counter:
        .xword  41
        .size   counter, 8
