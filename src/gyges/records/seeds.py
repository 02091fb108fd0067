"""Seeds derived from names, so that what is added later leaves everything else as it was."""

from __future__ import annotations

import hashlib


def derive_seed(root: int, *names: object) -> int:
    """Derive a 63-bit seed from a root seed and the names of what it is for."""
    text = "\x1f".join([str(root), *(str(name) for name in names)])
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") >> 1


def name_trial(*names: object) -> str:
    """Name a trial after all that makes it itself: the same names, the same id."""
    key = "|".join(str(name) for name in names)
    return "t" + hashlib.blake2b(key.encode(), digest_size=6).hexdigest()
