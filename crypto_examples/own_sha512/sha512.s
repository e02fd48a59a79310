// SHA-512, the hash computation of FIPS 180-4 section 6.4.2 with the instructions of FEAT_SHA512.
//
// void armsym_sha512_blocks(uint64_t state[8], const uint8_t *data, size_t blocks);
//
//   x0  state: the eight words of H, each in the byte order of the machine (little-endian)
//   x1  data:  128 * blocks bytes of the padded message, any alignment
//   x2  blocks: may be 0
//
// Written for armsym from FIPS 180-4 and the Arm Architecture Reference Manual.  It uses no stack
// and no callee-saved register.
//
//   v0-v4     the working variables, in pairs, and a spare register: see two_rounds
//   v5-v7     temporaries
//   v16-v23   sixteen words of the message schedule, W[t] in lane t mod 2
//   v24-v27   H: (a, b), (c, d), (e, f), (g, h), lane 0 first
//   v28       constants K[t], K[t+1]
//   x3        the table of constants, x4 a cursor in it

        .arch   armv8.2-a+sha3

// Two rounds, t and t+1 (section 6.4.2, step 3).  The working variables are in the registers
// ab = (a, b), cd, ef and gh, the message words W[t], W[t+1] in w.  Afterwards register gh holds
// the new (a, b), ab the new (c, d), spare the new (e, f), ef the new (g, h), and cd is spare.
// With the registers listed as here, the next two rounds take the list rotated left by one.
        .macro  two_rounds ab, gh, ef, spare, cd, w
        ld1     {v28.2d}, [x4], #16
        add     v7.2d, v28.2d, v\w\().2d
        ext     v7.16b, v7.16b, v7.16b, #8              // (K + W)[t+1], (K + W)[t]
        ext     v5.16b, v\cd\().16b, v\ef\().16b, #8    // d, e
        ext     v6.16b, v\ef\().16b, v\gh\().16b, #8    // f, g
        add     v\gh\().2d, v\gh\().2d, v7.2d           // g + (K + W)[t+1], h + (K + W)[t]
        sha512h q\gh, q6, v5.2d                        // T1 of round t+1, T1 of round t
        add     v\spare\().2d, v\cd\().2d, v\gh\().2d   // c + T1, d + T1: the new e and f
        sha512h2 q\gh, q\cd, v\ab\().2d               // T1 + T2: the new a and b
        .endm

// Sixteen rounds; they leave the list of registers rotated left by eight, that is by three.
        .macro  sixteen_rounds r0, r1, r2, r3, r4
        two_rounds \r0, \r1, \r2, \r3, \r4, 16
        two_rounds \r1, \r2, \r3, \r4, \r0, 17
        two_rounds \r2, \r3, \r4, \r0, \r1, 18
        two_rounds \r3, \r4, \r0, \r1, \r2, 19
        two_rounds \r4, \r0, \r1, \r2, \r3, 20
        two_rounds \r0, \r1, \r2, \r3, \r4, 21
        two_rounds \r1, \r2, \r3, \r4, \r0, 22
        two_rounds \r2, \r3, \r4, \r0, \r1, 23
        .endm

// w0 holds W[t-16], W[t-15], w1 the next two words, and so on to w7; afterwards w0 holds W[t], W[t+1].
// Section 6.4.2, step 1.
        .macro  schedule_two w0, w1, w4, w5, w7
        sha512su0 v\w0\().2d, v\w1\().2d              // W[t-16] + sigma0(W[t-15])
        ext     v5.16b, v\w4\().16b, v\w5\().16b, #8    // W[t-7], W[t-6]
        sha512su1 v\w0\().2d, v\w7\().2d, v5.2d       //   + W[t-7] + sigma1(W[t-2])
        .endm

        .macro  schedule_sixteen
        schedule_two 16, 17, 20, 21, 23
        schedule_two 17, 18, 21, 22, 16
        schedule_two 18, 19, 22, 23, 17
        schedule_two 19, 20, 23, 16, 18
        schedule_two 20, 21, 16, 17, 19
        schedule_two 21, 22, 17, 18, 20
        schedule_two 22, 23, 18, 19, 21
        schedule_two 23, 16, 19, 20, 22
        .endm

        .text
        .global armsym_sha512_blocks
        .type   armsym_sha512_blocks, %function
        .p2align 4
armsym_sha512_blocks:
        cbz     x2, .Lreturn
        adrp    x3, K512
        add     x3, x3, :lo12:K512
        ld1     {v24.2d, v25.2d, v26.2d, v27.2d}, [x0]

.Lblock:
        // The message is big-endian.
        ld1     {v16.16b, v17.16b, v18.16b, v19.16b}, [x1], #64
        ld1     {v20.16b, v21.16b, v22.16b, v23.16b}, [x1], #64
        rev64   v16.16b, v16.16b
        rev64   v17.16b, v17.16b
        rev64   v18.16b, v18.16b
        rev64   v19.16b, v19.16b
        rev64   v20.16b, v20.16b
        rev64   v21.16b, v21.16b
        rev64   v22.16b, v22.16b
        rev64   v23.16b, v23.16b

        mov     v0.16b, v24.16b                         // a, b
        mov     v4.16b, v25.16b                         // c, d
        mov     v2.16b, v26.16b                         // e, f
        mov     v1.16b, v27.16b                         // g, h
        mov     x4, x3

        sixteen_rounds 0, 1, 2, 3, 4
        schedule_sixteen
        sixteen_rounds 3, 4, 0, 1, 2
        schedule_sixteen
        sixteen_rounds 1, 2, 3, 4, 0
        schedule_sixteen
        sixteen_rounds 4, 0, 1, 2, 3
        schedule_sixteen
        sixteen_rounds 2, 3, 4, 0, 1

        // Section 6.4.2, step 4.
        add     v24.2d, v24.2d, v0.2d
        add     v25.2d, v25.2d, v4.2d
        add     v26.2d, v26.2d, v2.2d
        add     v27.2d, v27.2d, v1.2d

        subs    x2, x2, #1
        b.ne    .Lblock

        st1     {v24.2d, v25.2d, v26.2d, v27.2d}, [x0]
.Lreturn:
        ret
        .size   armsym_sha512_blocks, . - armsym_sha512_blocks

// FIPS 180-4, section 4.2.3.
        .section .rodata, "a", %progbits
        .type   K512, %object
        .p2align 4
K512:
        .xword   0x428a2f98d728ae22, 0x7137449123ef65cd, 0xb5c0fbcfec4d3b2f, 0xe9b5dba58189dbbc
        .xword   0x3956c25bf348b538, 0x59f111f1b605d019, 0x923f82a4af194f9b, 0xab1c5ed5da6d8118
        .xword   0xd807aa98a3030242, 0x12835b0145706fbe, 0x243185be4ee4b28c, 0x550c7dc3d5ffb4e2
        .xword   0x72be5d74f27b896f, 0x80deb1fe3b1696b1, 0x9bdc06a725c71235, 0xc19bf174cf692694
        .xword   0xe49b69c19ef14ad2, 0xefbe4786384f25e3, 0x0fc19dc68b8cd5b5, 0x240ca1cc77ac9c65
        .xword   0x2de92c6f592b0275, 0x4a7484aa6ea6e483, 0x5cb0a9dcbd41fbd4, 0x76f988da831153b5
        .xword   0x983e5152ee66dfab, 0xa831c66d2db43210, 0xb00327c898fb213f, 0xbf597fc7beef0ee4
        .xword   0xc6e00bf33da88fc2, 0xd5a79147930aa725, 0x06ca6351e003826f, 0x142929670a0e6e70
        .xword   0x27b70a8546d22ffc, 0x2e1b21385c26c926, 0x4d2c6dfc5ac42aed, 0x53380d139d95b3df
        .xword   0x650a73548baf63de, 0x766a0abb3c77b2a8, 0x81c2c92e47edaee6, 0x92722c851482353b
        .xword   0xa2bfe8a14cf10364, 0xa81a664bbc423001, 0xc24b8b70d0f89791, 0xc76c51a30654be30
        .xword   0xd192e819d6ef5218, 0xd69906245565a910, 0xf40e35855771202a, 0x106aa07032bbd1b8
        .xword   0x19a4c116b8d2d0c8, 0x1e376c085141ab53, 0x2748774cdf8eeb99, 0x34b0bcb5e19b48a8
        .xword   0x391c0cb3c5c95a63, 0x4ed8aa4ae3418acb, 0x5b9cca4f7763e373, 0x682e6ff3d6b2b8a3
        .xword   0x748f82ee5defb2fc, 0x78a5636f43172f60, 0x84c87814a1f0ab72, 0x8cc702081a6439ec
        .xword   0x90befffa23631e28, 0xa4506cebde82bde9, 0xbef9a3f7b2c67915, 0xc67178f2e372532b
        .xword   0xca273eceea26619c, 0xd186b8c721c0c207, 0xeada7dd6cde0eb1e, 0xf57d4f7fee6ed178
        .xword   0x06f067aa72176fba, 0x0a637dc5a2c898a6, 0x113f9804bef90dae, 0x1b710b35131c471b
        .xword   0x28db77f523047d84, 0x32caab7b40c72493, 0x3c9ebe0a15c9bebc, 0x431d67c49c100d4c
        .xword   0x4cc5d4becb3e42b6, 0x597f299cfc657e2a, 0x5fcb6fab3ad6faec, 0x6c44198c4a475817
        .size   K512, . - K512

        .section .note.GNU-stack, "", %progbits
