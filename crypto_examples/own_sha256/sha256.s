// SHA-256, the hash computation of FIPS 180-4 section 6.2.2 with the instructions of FEAT_SHA256.
//
// void armsym_sha256_blocks(uint32_t state[8], const uint8_t *data, size_t blocks);
//
//   x0  state: the eight words of H, each in the byte order of the machine (little-endian)
//   x1  data:  64 * blocks bytes of the padded message, any alignment
//   x2  blocks: may be 0
//
// Written for armsym from FIPS 180-4 and the Arm Architecture Reference Manual.  It uses no stack
// and no callee-saved register.
//
//   v0, v1    H: v0 = (a, b, c, d), v1 = (e, f, g, h), lane 0 first
//   v2, v3    the working variables, in the same order
//   v4-v7     sixteen words of the message schedule, W[t] in lane t mod 4
//   v16-v19   constants K[t]
//   v20, v21  temporaries
//   x3        the table of constants, x4 a cursor in it

        .arch   armv8-a+crypto

// Four rounds.  SHA256H wants (a, b, c, d) as it was before, and so does SHA256H2, which comes
// second: hence the copy in v21.
        .macro  four_rounds k, w
        add     v20.4s, \k\().4s, \w\().4s           // K[t] + W[t]
        mov     v21.16b, v2.16b
        sha256h q2, q3, v20.4s
        sha256h2 q3, q21, v20.4s
        .endm

// w0 holds W[t-16..t-13], w1 the next four words and so on; afterwards w0 holds W[t..t+3].
// Section 6.2.2, step 1.
        .macro  schedule_four w0, w1, w2, w3
        sha256su0 \w0\().4s, \w1\().4s              // W[t-16] + sigma0(W[t-15])
        sha256su1 \w0\().4s, \w2\().4s, \w3\().4s    //   + W[t-7] + sigma1(W[t-2])
        .endm

        .text
        .global armsym_sha256_blocks
        .type   armsym_sha256_blocks, %function
        .p2align 4
armsym_sha256_blocks:
        adrp    x3, K256
        add     x3, x3, :lo12:K256
        ld1     {v0.4s, v1.4s}, [x0]

.Lblock:
        cbz     x2, .Ldone
        sub     x2, x2, #1

        // The message is big-endian.
        ld1     {v4.16b, v5.16b, v6.16b, v7.16b}, [x1], #64
        rev32   v4.16b, v4.16b
        rev32   v5.16b, v5.16b
        rev32   v6.16b, v6.16b
        rev32   v7.16b, v7.16b

        mov     v2.16b, v0.16b
        mov     v3.16b, v1.16b
        mov     x4, x3

        // Rounds 0 to 47; what a group of rounds has used up becomes the schedule for 16 rounds later.
        .rept   3
        ld1     {v16.4s, v17.4s, v18.4s, v19.4s}, [x4], #64
        four_rounds v16, v4
        schedule_four v4, v5, v6, v7
        four_rounds v17, v5
        schedule_four v5, v6, v7, v4
        four_rounds v18, v6
        schedule_four v6, v7, v4, v5
        four_rounds v19, v7
        schedule_four v7, v4, v5, v6
        .endr

        // Rounds 48 to 63.
        ld1     {v16.4s, v17.4s, v18.4s, v19.4s}, [x4]
        four_rounds v16, v4
        four_rounds v17, v5
        four_rounds v18, v6
        four_rounds v19, v7

        // Section 6.2.2, step 4.
        add     v0.4s, v0.4s, v2.4s
        add     v1.4s, v1.4s, v3.4s
        b       .Lblock

.Ldone:
        st1     {v0.4s, v1.4s}, [x0]
        ret
        .size   armsym_sha256_blocks, . - armsym_sha256_blocks

// FIPS 180-4, section 4.2.2.
        .section .rodata, "a", %progbits
        .type   K256, %object
        .p2align 4
K256:
        .word   0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5
        .word   0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5
        .word   0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3
        .word   0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174
        .word   0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc
        .word   0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da
        .word   0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7
        .word   0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967
        .word   0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13
        .word   0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85
        .word   0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3
        .word   0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070
        .word   0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5
        .word   0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3
        .word   0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208
        .word   0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2
        .size   K256, . - K256

        .section .note.GNU-stack, "", %progbits
