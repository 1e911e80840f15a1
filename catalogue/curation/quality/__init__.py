"""The quality desk: checks that find what needs work, and what curators say of their issues.

A check is a module of `checks`, found there, that registers itself: there is no list of them.
"""

from importlib import import_module
from pkgutil import iter_modules

from . import checks
from .base import CHECKS, Check, Issue, change_url, ordered_checks

for module in iter_modules(checks.__path__, f"{checks.__name__}."):
    import_module(module.name)

__all__ = ["CHECKS", "Check", "Issue", "change_url", "ordered_checks"]
