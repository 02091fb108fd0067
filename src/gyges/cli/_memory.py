"""Memory that is free goes back to the system at once: a long run shares its machine with others."""

from __future__ import annotations

import ctypes
import os
import sys

_MMAP_THRESHOLD = -3
"""The C library's number for the size from which a block is the system's own."""

_BLOCK = 256 * 1024


def give_back_memory() -> None:
    """Set the allocators so, before anything large is imported; where they differ, nothing is done."""
    # Polars' own allocator reads this when it is loaded, here and in the processes that are begun.
    os.environ.setdefault("_RJEM_MALLOC_CONF", "dirty_decay_ms:100,muzzy_decay_ms:0")
    if sys.platform == "linux":
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
        if mallopt is not None:
            # Left alone, the threshold grows with every array freed, and the heap keeps ever larger ones.
            mallopt(_MMAP_THRESHOLD, _BLOCK)
