// An executable: linked to a fixed address (prog.exe) or, with PIE defined, to none (prog.pie).
        .text
        .globl  _start
        .type   _start, %function
_start:
        .ifdef  PIE
        adrp    x0, :got:lib_counter            // GLOB_DAT
        ldr     x0, [x0, :got_lo12:lib_counter]
        adrp    x0, :got:where                  // of the executable's own: nobody takes it over
        ldr     x0, [x0, :got_lo12:where]
        .else
        adrp    x0, lib_counter                 // COPY: the library's datum moves here
        ldr     x0, [x0, :lo12:lib_counter]
        .endif
        bl      lib_function
        adrp    x1, message
        add     x1, x1, :lo12:message
        ret
        .size   _start, . - _start

        .section .rodata, "a", %progbits
message:
        .asciz  "a table in an executable"

        .data
        .balign 8
        .globl  where
        .type   where, %object
where:  .xword  _start
        .size   where, 8
