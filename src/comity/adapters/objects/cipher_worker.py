"""A process that does nothing but encrypt: run as `python -m`, fed by `chunk_pipeline`.

It shares memory with its parent through a descriptor without a name, so plain content never has a place in a file
system; it ends when its parent does, because its input then ends. The recipient comes by its input and not by its
arguments, which every user of the machine can read.

Protocol, one line each way: first the recipient; then `<plain offset> <plain size> <sealed offset>` in bytes, answered
by `<sealed size> <sha-256>`.
"""

import hashlib
import mmap
import sys

from comity.adapters.objects.age_cipher import encrypt_into, read_recipient, sealed_limit


def serve(descriptor: int, size: int) -> None:
    """Answer requests over standard input and output until the input ends. `size` is of the shared memory, in bytes."""
    with mmap.mmap(descriptor, size) as shared:
        room = memoryview(shared)
        recipient = read_recipient(sys.stdin.readline().strip())
        for line in sys.stdin:
            plain, length, sealed = map(int, line.split())
            out = room[sealed : sealed + sealed_limit(length)]
            written = encrypt_into(room[plain : plain + length], recipient, out)
            digest = hashlib.sha256(out[:written]).hexdigest()
            out.release()
            sys.stdout.write(f"{written} {digest}\n")
            sys.stdout.flush()
        room.release()


if __name__ == "__main__":
    serve(int(sys.argv[1]), int(sys.argv[2]))
