"""Each module here is found by itself, and registers its checks in `CHECKS`."""
