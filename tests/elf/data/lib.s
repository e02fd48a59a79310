// A shared library with every kind of dynamic relocation that GNU ld makes for AArch64.
        .text
        .globl  lib_function, lib_other, lib_protected
        .protected lib_protected
        .type   lib_function, %function
        .type   lib_other, %function
        .type   lib_protected, %function
        .type   private_function, %function
lib_function:
        stp     x29, x30, [sp, #-16]!
        bl      lib_other                       // JUMP_SLOT of a symbol that is defined here
        bl      outside_function                // JUMP_SLOT of one that is not
        adrp    x0, :got:lib_counter            // GLOB_DAT of a symbol that is defined here
        ldr     x0, [x0, :got_lo12:lib_counter]
        adrp    x1, :got:outside_object         // GLOB_DAT of one that is not
        ldr     x1, [x1, :got_lo12:outside_object]
        adrp    x2, constants
        ldr     q2, [x2, :lo12:constants]
        adrp    x0, :tlsdesc:per_thread         // TLSDESC
        ldr     x3, [x0, :tlsdesc_lo12:per_thread]
        add     x0, x0, :tlsdesc_lo12:per_thread
        .tlsdesccall per_thread
        blr     x3
        bl      private_function
        ldp     x29, x30, [sp], #16
        ret
        .size   lib_function, . - lib_function
lib_other:
        bl      chosen                          // IRELATIVE, through the PLT
        ret
        .size   lib_other, . - lib_other
lib_protected:
private_function:
        ret
        .size   lib_protected, . - lib_protected
        .size   private_function, . - private_function
        .type   chosen, %gnu_indirect_function
chosen: adr     x0, private_function
        ret
        .size   chosen, . - chosen

        .section .rodata, "a", %progbits
        .balign 16
        .type   constants, %object
constants:
        .xword  0x428a2f98d728ae22, 0x7137449123ef65cd
        .size   constants, . - constants

        .section .data.rel.ro, "aw", %progbits
        .balign 8
        .type   table, %object
table:  .xword  constants + 8                   // RELATIVE
        .xword  lib_function                    // ABS64 of a symbol that is defined here
        .xword  outside_function + 4            // ABS64 of one that is not
        .xword  lib_protected                   // no other library can take it over
        .xword  perhaps                         // ABS64 of a weak symbol that nobody defines
        .weak   perhaps
        .size   table, . - table

        .data
        .balign 8
        .globl  lib_counter
        .type   lib_counter, %object
lib_counter:
        .xword  1
        .size   lib_counter, 8
        .type   pointer, %object
pointer:
        .xword  private_function                // RELATIVE, in memory that stays writable
        .size   pointer, 8

        .bss
        .type   buffer, %object
buffer: .skip   3000
        .size   buffer, 3000

        .section .tdata, "awT", %progbits
        .type   per_thread, %tls_object
per_thread:
        .xword  7
        .size   per_thread, 8
