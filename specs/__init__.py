"""The standards as executable Python, one module per algorithm, readable beside the document.

Names are the document's.  Functions compute on `armsym.bits.Bits`, or, where the document has numbers, on anything
with +, - and * (`specs.rings`), so the same text is run on numbers (and tested against published vectors) and on
symbols (and used in proofs); functions on `bytes` are the whole algorithm for concrete messages.
"""
