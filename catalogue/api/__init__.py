"""The catalogue's part of the API: `views.py` has what all its lists and records have in common."""
