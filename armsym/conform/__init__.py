"""Conformance: an instruction set compared with Capstone (decode) and Unicorn (execution).

The oracles are for testing only: no proof rests on them.  Nothing here knows an
instruction; every check is handed an `InstructionSet`.
"""
