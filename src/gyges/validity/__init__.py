"""Takes a plan, scenarios and agents whose truth is known; gives how often verdicts on them are the truth."""
