"""How many threads a process of the server has, beside WEB_THREADS that answer."""

#: That take in what is sent (serving/bodies.py). Any thread may read the database.
FOR_BODIES = 5
#: That makes the index of mitigations once the process starts (serving/warming.py).
FOR_THE_INDEX = 1
