"""Questions to a routine: which input makes it end so?  `solve`, and the language of what is wanted.

What is found is run on numbers, here and on Unicorn, before it is told; what is not there, is so for all inputs of
the paths that were followed to their ends.
"""

from armsym.questions.search import Answer, Verdict, solve

__all__ = ["Answer", "Verdict", "solve"]
