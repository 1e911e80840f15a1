"""A file is of one state of the database, however long it takes: on a database of its own,
written to by another connection.
"""

from tests.site import Site, own_database

SCRIPT = """
from threading import Thread
from django.db import connection
from django.http import QueryDict
from catalogue.files.exports.delivery import deliver
from catalogue.files.exports.formats import FORMATS
from catalogue.files.exports.listings import MitigationListing
from catalogue.files.exports.address import ListAddress
from catalogue.listing.filters import MitigationFilter
from catalogue.models import Document, Mitigation

document = Document.objects.create(slug="d", label="D", title="D", kind="report", abstract="About measures.")
for number in range(6):
    Mitigation.objects.create(name=f"Before {number}", description="What is done.", document=document, status="published")

def read_one_by_one(selection, size=1):
    yield from ([key] for key in sorted(selection.keys))

Selection = type(MitigationFilter(None, Mitigation.objects.all()).qs)
Selection.key_batches = read_one_by_one
make = lambda: MitigationListing(MitigationFilter(QueryDict(), Mitigation.objects.published()), "http://testserver")
answer = deliver(make, ListAddress("http://testserver", "/api/v1/mitigations/", QueryDict()), FORMATS["ndjson"], "mitigations")

pieces = iter(answer)
first = next(pieces)

def write():
    Mitigation.objects.filter(name="Before 5").update(name="After 5")
    Mitigation.objects.filter(name="Before 4").update(status="draft")
    connection.close()

writer = Thread(target=write)
writer.start()
writer.join()
print("one state:", (first + b"".join(pieces)).count(b'"name":"Before'))

left = deliver(make, ListAddress("http://testserver", "/api/v1/mitigations/", QueryDict()), FORMATS["csv"], "mitigations")
next(iter(left))
left.close()
Mitigation.objects.filter(name="After 5").update(name="Written after a reader has left")
print("afterwards:", Mitigation.objects.published().count())
"""


def test_what_is_written_meanwhile_is_not_in_the_file(tmp_path, migrated):
    with own_database(tmp_path, migrated) as environment:
        site = Site(tmp_path, **environment)
        printed = site.manage("shell", "-c", SCRIPT)

    assert "one state: 6\n" in printed
    assert "afterwards: 5\n" in printed
