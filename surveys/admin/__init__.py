from . import study, vocabulary

__all__ = ["study", "vocabulary"]
