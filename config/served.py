"""What each process of the server loads: the application, and the index made beforehand."""

import gc

from .wsgi import application

__all__ = ["application"]

from serving import orphans, warming  # once Django is set up

# Records are trees of fresh dictionaries, which Python would search for cycles after every 700
# of them: a fifth of an export's time. What outlives that is looked through in small steps: after
# ten times as many, one shortlist of sixty in eight had to wait 50 ms longer than the others.
gc.set_threshold(10_000, 2, 50)
warming.start()
orphans.start()
