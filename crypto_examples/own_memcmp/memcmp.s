// Comparison of two byte strings in a time that depends on their length only.
//
// int armsym_ct_memcmp(const void *a, const void *b, size_t len);
//
//   x0  a: len bytes
//   x1  b: len bytes
//   x2  len: may be 0
//   w0  the result: 0 if the strings are equal, else 1
//
// Every byte of both strings is read, whatever the bytes are: the only branches are on the length.
// Written for armsym.  It uses no stack and no callee-saved register.
//
//   w3  the difference so far: the OR of the exclusive ORs of the bytes

        .text
        .global armsym_ct_memcmp
        .type   armsym_ct_memcmp, %function
        .p2align 4
armsym_ct_memcmp:
        mov     w3, wzr

.Lbyte:
        cbz     x2, .Ldone
        ldrb    w4, [x0], #1
        ldrb    w5, [x1], #1
        eor     w4, w4, w5
        orr     w3, w3, w4
        sub     x2, x2, #1
        b       .Lbyte

.Ldone:
        cmp     w3, #0
        cset    w0, ne
        ret
        .size   armsym_ct_memcmp, . - armsym_ct_memcmp

        .section .note.GNU-stack, "", %progbits
