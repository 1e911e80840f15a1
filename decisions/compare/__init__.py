"""Two to five mitigations side by side, with verdicts only where they were asked alike."""
