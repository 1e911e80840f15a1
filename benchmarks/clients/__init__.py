"""Programs of other people that read the catalogue: `make clients` runs them against the real
site.
"""
