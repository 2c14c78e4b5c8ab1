"""`comity check`, `comity backup`, `comity restore`: an operator's care for one node."""

import typer

app = typer.Typer()
