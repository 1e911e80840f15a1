"""Figures of a study as charts, and the sentence that says what a chart shows."""
