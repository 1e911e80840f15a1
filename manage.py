#!/usr/bin/env python3
"""Django's command line for this project."""

import os
import sys

#: What these make holds accounts, answers and addresses: it is for whoever runs the site alone.
PRIVATE = {
    "backup",
    "createsuperuser",
    "dev",
    "import_records",
    "load_catalogue",
    "load_studies",
    "migrate",
    "personal_data",
    "restore",
    "serve",
    "shell",
}

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.conf import settings
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    if PRIVATE & set(sys.argv[1:2]):
        os.umask(0o077)
    try:
        folder = settings.DATA_DIR  # the first that is asked for: all are read
    except ImproperlyConfigured as error:
        sys.exit(str(error))
    execute_from_command_line(sys.argv)
