// Every static relocation the loader supports but those of a GOT, each on an instruction or datum
// that makes the result visible.  ABS_SMALL, ABS_MINUS and SMALL are numbers, defined in numbers.s.
// `relocs.linked` is what GNU ld makes of it at the same layout, with relocs.ld.
        .text
        .globl  entry
        .type   entry, %function
entry:
        adr     x0, table                       // ADR_PREL_LO21
        adrp    x1, table                       // ADR_PREL_PG_HI21
        add     x1, x1, :lo12:table             // ADD_ABS_LO12_NC
        adrp    x2, :pg_hi21_nc:table + 0x1008  // ADR_PREL_PG_HI21_NC
        ldrb    w3, [x2, :lo12:table + 13]      // LDST8_ABS_LO12_NC
        ldrh    w3, [x2, :lo12:table + 14]      // LDST16_ABS_LO12_NC
        ldr     w3, [x2, :lo12:table + 12]      // LDST32_ABS_LO12_NC
        ldr     x3, [x2, :lo12:table + 8]       // LDST64_ABS_LO12_NC
        ldr     q3, [x2, :lo12:table + 16]      // LDST128_ABS_LO12_NC
        ldr     x4, table + 8                   // LD_PREL_LO19
        cbz     x4, other                       // CONDBR19
        tbz     x4, #33, other                  // TSTBR14
        bl      other                           // CALL26
        b       other                           // JUMP26
        bl      missing_function                // CALL26 of an undefined symbol
        b       another_missing_function        // JUMP26
        adrp    x5, OPENSSL_armcap_P            // an undefined data symbol
        ldr     w5, [x5, :lo12:OPENSSL_armcap_P]
        adrp    x6, shared_counter              // a COMMON symbol
        ldr     x6, [x6, :lo12:shared_counter]
        adrp    x7, variable                    // .data
        str     x6, [x7, :lo12:variable]
        adrp    x8, zeroed                      // .bss
        str     x6, [x8, :lo12:zeroed + 4088]
        movz    x9, :abs_g2:ABS_SMALL           // MOVW_UABS_G2
        movk    x9, :abs_g1_nc:ABS_SMALL        // MOVW_UABS_G1_NC
        movk    x9, :abs_g0_nc:ABS_SMALL        // MOVW_UABS_G0_NC
        movz    x10, :abs_g3:ABS_SMALL          // MOVW_UABS_G3
        movk    x10, :abs_g2_nc:ABS_SMALL       // MOVW_UABS_G2_NC
        movz    x10, :abs_g0:SMALL              // MOVW_UABS_G0
        movz    x10, :abs_g1:SMALL              // MOVW_UABS_G1
        movz    x11, :abs_g0_s:ABS_MINUS        // MOVW_SABS_G0: becomes MOVN
        movz    x11, :abs_g1_s:ABS_MINUS        // MOVW_SABS_G1: becomes MOVN
        movn    x11, :abs_g2_s:ABS_SMALL        // MOVW_SABS_G2: becomes MOVZ
        movz    x12, :prel_g0:near_local        // MOVW_PREL_G0
        movz    x12, :prel_g1:table             // MOVW_PREL_G1
        movk    x12, :prel_g0_nc:table          // MOVW_PREL_G0_NC
        movz    x13, :prel_g3:table             // MOVW_PREL_G3
        movk    x13, :prel_g2_nc:table          // MOVW_PREL_G2_NC
        movk    x13, :prel_g1_nc:table          // MOVW_PREL_G1_NC
        bl      other_place                     // CALL26 of a global symbol
        b       . + 8                           // no relocation
        ret
        .size   entry, . - entry

        .section .text.empty, "ax", %progbits   // stays empty: it has an offset, but no segment
        .section .text.other, "ax", %progbits
        .type   other, %function
        .globl  other_place
other_place:
other:  adr     x0, entry + 4                   // backwards, into another section
        adrp    x1, entry
        movz    x14, :prel_g2:entry             // MOVW_PREL_G2 of a negative distance: becomes MOVN
        movz    x14, :prel_g0:entry
        ldr     w1, entry
        tbnz    w1, #3, entry
        bl      entry
near_local:
        b.ne    entry
        ret
        .size   other, . - other

        .section .rodata, "a", %progbits
        .balign 16
        .skip   0x7f0, 0x5a                     // so that the low twelve bits are not zero
        .globl  table
        .type   table, %object
table:  .xword  0x0011223344556677, 0x8899aabbccddeeff
        .xword  entry + 8, variable             // ABS64
        .xword  OPENSSL_armcap_P, missing_function
        .xword  ABS_SMALL                       // ABS64 of a number
        .xword  other - .                       // PREL64
        .word   other - .                       // PREL32
        .word   variable - .
        .hword  table_end - .                   // PREL16: to another section
        .hword  0
        .word   SMALL                           // ABS32 of a number
        .hword  SMALL + 1                       // ABS16 of a number
        .hword  0xbeef
        .size   table, . - table

        .section .rodata.end, "a", %progbits
table_end:
        .byte   0xa5

        .data
        .globl  variable
        .type   variable, %object
variable:
        .xword  entry                           // ABS64 in writable data
        .size   variable, 8

        .bss
        .type   zeroed, %object
zeroed: .skip   5000
        .size   zeroed, 5000

        .comm   shared_counter, 24, 64
