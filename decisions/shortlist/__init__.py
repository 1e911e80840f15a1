"""A reader's own selection: what it covers, what it leaves open, and what would fill the gaps."""
