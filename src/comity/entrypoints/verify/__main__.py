"""`python -m comity.entrypoints.verify`: the verifier on its own, without the rest of the command line."""

import typer

from comity.entrypoints.verify.command import verify

if __name__ == "__main__":
    typer.run(verify)
