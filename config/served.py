"""What each process of the server loads: the application, and the index made beforehand."""

from .wsgi import application

__all__ = ["application"]

from . import warming  # once Django is set up

warming.start()
