// A static executable whose start-up code must choose a function: IRELATIVE without a dynamic section.
        .text
        .globl  _start
        .type   _start, %function
_start: bl      chosen
        ret
        .size   _start, . - _start
        .type   one, %function
one:    ret
        .size   one, . - one
        .type   chosen, %gnu_indirect_function
chosen: adr     x0, one
        ret
        .size   chosen, . - chosen
