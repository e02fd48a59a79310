// Absolute symbols: numbers, the same wherever the image is loaded.
        .globl  ABS_SMALL, ABS_MINUS, SMALL
        .set    ABS_SMALL, 0x123456789abc
        .set    ABS_MINUS, -0x1234
        .set    SMALL, 0x7654
