// Symbols that even the static linker does not fix: weak references, and functions chosen at run time.
        .text
        .globl  uses
        .type   uses, %function
uses:   bl      perhaps_function                // a call of a weak symbol: never to be reached
        bl      chosen                          // a call of an ifunc: its resolver is not the function
        adrp    x0, :got:perhaps_datum          // its slot may hold 0
        ldr     x0, [x0, :got_lo12:perhaps_datum]
        bl      called_and_taken                // a function, though its address is taken too
        ret
        .size   uses, . - uses
        .type   chosen, %gnu_indirect_function
chosen: adr     x0, uses
        ret
        .size   chosen, . - chosen
        .weak   perhaps_function, perhaps_datum

        .data
        .balign 8
        .type   table, %object
table:  .xword  perhaps_datum, chosen, called_and_taken
        .size   table, . - table
