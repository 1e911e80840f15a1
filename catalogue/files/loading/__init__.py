"""Loading the shipped catalogue from its data files.

`files` reads and checks the YAML, `kinds` knows how each kind of record is read from and written
to the database, `load` brings the two together without losing what curators changed.
"""

from .files import DATA_FOLDER, DataError
from .load import Report, load_catalogue

__all__ = ["DATA_FOLDER", "DataError", "Report", "load_catalogue"]
