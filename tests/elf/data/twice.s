// Local names that nosize.s has too: both files are joined by `ld -r`.
        .section .text.third, "ax", %progbits
        nop
twice:  ret
first:  ret                                     // in nosize.s this name is global, and so meant
