// Addresses taken from a GOT.  The linker makes the slots; the loader's are at the same offsets as
// those of `got.linked`, which GNU ld makes with got.ld.
        .text
        .globl  take
        .type   take, %function
take:   adrp    x0, :got:constant               // ADR_GOT_PAGE
        ldr     x0, [x0, :got_lo12:constant]    // LD64_GOT_LO12_NC
        adrp    x1, :got:take
        ldr     x1, [x1, :got_lo12:take]
        adrp    x2, :got:constant               // the slot is shared
        ldr     x2, [x2, :got_lo12:constant]
        adrp    x3, :got:outside
        ldr     x3, [x3, :got_lo12:outside]
        ldr     x4, :got:constant               // GOT_LD_PREL19
        adrp    x5, _GLOBAL_OFFSET_TABLE_
        ldr     x5, [x5, #:gotpage_lo15:take]   // LD64_GOTPAGE_LO15
        ret
        .size   take, . - take

        .section .rodata, "a", %progbits
        .balign 8
        .globl  constant
        .type   constant, %object
constant:
        .xword  42
        .size   constant, 8
