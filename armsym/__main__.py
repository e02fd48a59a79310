"""`python -m armsym`: the same as the command `armsym`."""

from armsym.cli import main

if __name__ == "__main__":
    main()
