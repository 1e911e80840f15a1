"""Loading the shipped catalogue from its data files.

`contents` is what the files hold, `files` reads and checks the YAML, `kinds` knows how each kind
of record is read from and written to the database, `load` brings the two together without losing
what curators changed.
"""

from .contents import DataError
from .files import DATA_FOLDER
from .load import Report, load_catalogue

__all__ = ["DATA_FOLDER", "DataError", "Report", "load_catalogue"]
