// What hand-written assembly often lacks: .type and .size.
        .text
        .globl  first, second, third
first:  mov     x3, x0
.Lloop: subs    x3, x3, #1
loop2:  b.ne    .Lloop                          // a label that is in the symbol table, but local
        ret
second: ldr     x0, =constants                  // a literal pool: ABS64 in the code section
        ldr     x0, [x0]
        ret
        .ltorg
third:  mov     x0, xzr
        ret
        .type   fourth, %function
fourth: ret
loop3:  b       loop3

        .section .text.second, "ax", %progbits
        .globl  fifth
fifth:  ret
twice:  ret

        .globl  constants
        .section .rodata, "a", %progbits
        .balign 8
constants:
        .xword  0x0123456789abcdef
