"""What the drawing process says to the node: the number of pages, each page's sides and then its pixels, and how it ends."""

import struct

COUNT, SIDES = struct.Struct(">I"), struct.Struct(">II")

TOO_LARGE, NOT_DRAWN = 10, 11
"""What it ends with for a file that is too large, and for one of a kind that is not drawn."""
