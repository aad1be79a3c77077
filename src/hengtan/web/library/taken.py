"""Factor ids that came with batches: an id counts once in an organisation."""

from __future__ import annotations

import tempfile
from pathlib import Path

from django.core.cache import cache

from hengtan.factors.tabular import read_sheet
from hengtan.problems import HengtanError
from hengtan.web.activities.models import SourceFile, State
from hengtan.web.organisations.models import Organisation
from hengtan.web.vault.services import facts

KEPT_S = 24 * 3600  # a file of a digest never changes


def ids_of_batches(organisation: Organisation) -> set[str]:
    """Ids in the factor files that came with batches which count or wait."""
    files = SourceFile.objects.of(organisation).filter(
        role=SourceFile.Role.FACTORS, batch__state__in=(State.APPROVED, State.SUBMITTED)
    )
    found: set[str] = set()
    for digest, name in set(files.values_list("digest", "name")):
        key = f"factor-ids:{organisation.key}:{digest}"
        ids = cache.get(key)
        if ids is None:
            ids = _ids(organisation, digest, name)
            cache.set(key, ids, KEPT_S)
        found |= ids
    return found


def _ids(organisation: Organisation, digest: str, name: str) -> set[str]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"factors{Path(name).suffix}"
        path.write_bytes(facts(organisation).read(digest))
        try:
            return {line.cells.get("factor_id", "") for line in read_sheet(path, "factor_id").lines} - {""}
        except HengtanError:  # it was approved when it could be read; the run will say what it is now
            return set()
