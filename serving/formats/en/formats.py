"""A day is typed as files and the API have it, and in no other way: 3/1/2027 is in January to one
and in March to another.
"""

DATE_INPUT_FORMATS = ["%Y-%m-%d"]
DATETIME_INPUT_FORMATS = ["%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M"]
