"""Lists as files: every list of the API, whole, in any of `formats.FORMATS`.

A `Listing` (listings.py) is what is written: its columns, its records as the API has them, its
rows as a table has them. What a column holds is declared once (columns.py, flat.py), for CSV,
XLSX, Parquet, the SQLite file and the data dictionary alike. `delivery.py` sends a listing out
from one state of the database; `about.py` says what goes along with it.
"""
