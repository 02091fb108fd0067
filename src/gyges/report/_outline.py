"""The note's order of sections, which page and note both keep."""

from __future__ import annotations

from typing import Final

OUTLINE: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("Executive Summary", ("Executive Summary",)),
    (
        "Core Behavioral Patterns",
        (
            "1. Instrumental vs Terminal Goals",
            "2. Risk Calibration Over Power Maximization",
            "3. Context-Dependent Ethical Framework",
            "4. Manipulation Hierarchy",
        ),
    ),
    (
        "Strategic Sophistication Indicators",
        ("5. Long-term Strategic Thinking", "6. Instrumental Convergence Evidence"),
    ),
    ("Critical Decision Thresholds", ("When Models Act Misaligned", "When Models Remain Aligned")),
    (
        "Key Insights and Hunches",
        (
            "Information Asymmetry Exploitation",
            "Plausible Deniability Construction",
            "Coalition Building Behavior",
            'The "Leadership Mode" Shift',
        ),
    ),
    ("Implications", ("Primary Danger Zone", "Behavioral Predictability", "Risk Factors")),
    ("Conclusion", ("Conclusion",)),
)
"""The note's headings and, under each, the sections of the registry."""

SECTIONS: Final = tuple(section for _, sections in OUTLINE for section in sections)
"""Every section of the registry that stands in the note, in its order."""


def place_section(section: str) -> int:
    """Give a section's place; one that is not in the note comes after all that are."""
    return SECTIONS.index(section) if section in SECTIONS else len(SECTIONS)
