"""Takes a scene and what the agent tries; gives the world after it, as a pure state machine.

`open_world` begins, `step` carries out one call, `end_turn` lets time pass; a world is its events folded.
`shows` and `find_match` recognize what was done, `find_conduct` what was made of what people were told.
No external effect is ever possible: there is nothing here but data.
"""

from gyges.world._clock import Letter, deliver, end_turn, notice, pending_letters
from gyges.world._hearsay import find_conduct
from gyges.world._match import find_match, find_told, fits, quote_of, shows
from gyges.world._state import AGENT, Event, Mail, Step, World, fold, open_world
from gyges.world._step import step
from gyges.world._words import show_day

__all__ = [
    "AGENT",
    "Event",
    "Letter",
    "Mail",
    "Step",
    "World",
    "deliver",
    "end_turn",
    "find_conduct",
    "find_match",
    "find_told",
    "fits",
    "fold",
    "notice",
    "open_world",
    "pending_letters",
    "quote_of",
    "show_day",
    "shows",
    "step",
]
