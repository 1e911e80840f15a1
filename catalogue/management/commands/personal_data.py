import json
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.core.serializers.json import DjangoJSONEncoder

from catalogue.accounts import personal


class Command(BaseCommand):
    help = "Exports or erases all that is held of a person, by their username or e-mail address. See docs/privacy.md."

    def add_arguments(self, parser):
        parser.add_argument("action", choices=["export", "erase"])
        parser.add_argument("person", help="a username or an e-mail address")
        parser.add_argument(
            "--file",
            type=Path,
            help="where to write an export; the console unless told",
        )
        parser.add_argument(
            "--yes",
            action="store_true",
            help="erase, and not only say what would be",
        )

    def handle(self, action, person, file, yes, **options):
        found = personal.find_person(person)
        if found.is_known_by_nothing:
            raise CommandError(
                f"Nobody here is called “{person}”: give a username, or an e-mail address.",
            )
        held = personal.export(found)
        if not held:
            raise CommandError(f"Nothing is held of {person}.")
        if action == "export":
            self.export(held, file)
        elif not yes:
            told = "".join(
                f"  {len(rows):>5} {what}\n" for what, rows in held.items()
            )
            raise CommandError(
                f"Of {person} there is:\n{told}It cannot be brought back: add --yes to erase it.",
            )
        else:
            self.erase(found)

    def export(self, held, file):
        text = json.dumps(
            held,
            cls=DjangoJSONEncoder,
            ensure_ascii=False,
            indent=2,
        )
        if file is None:
            self.stdout.write(text)
            return
        try:
            with file.open("x", encoding="utf-8") as written:
                written.write(text + "\n")
        except FileExistsError as error:
            raise CommandError(
                f"{file} is there already: name another file.",
            ) from error
        file.chmod(0o600)
        self.stdout.write(f"Wrote {file}.")

    def erase(self, found):
        try:
            counts = personal.erase(found)
        except personal.CannotErase as error:
            raise CommandError(str(error)) from error
        for what, count in counts.items():
            self.stdout.write(f"{count:>5} {what}")
        self.stdout.write(
            "Erased. Backups made before still hold it: see docs/privacy.md.",
        )
