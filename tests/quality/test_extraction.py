"""The article is found in real pages of unseen publishers as well as it was when floors were set.

The pages lie beside the repository, not in it. `./dev floors` raises the floors.
"""

import hashlib
import json

import pytest

from cleaning.page_model import page_model
from tests.quality.floors import FLOORS, NAMES, TEASERS, measured, present
from tests.quality.scoring import DATA, FILES, FOLDS, unseen_model

pytestmark = pytest.mark.skipif(
    not present(), reason=f"the pages are not in {DATA}; CI lays them there"
)
# The pages that the floors were measured on.
DIGESTS = {
    "articles-news": "f9d5c29897b16771ff5c00797d99ce651c20baa05096c9666843dfc9a53ffefa",
    "articles-mixed": "c895d574e59aaf8ec57b12aaeb1de9a7fc90daee58dde591db4eb5e7694d3eb1",
    "articles-multilingual": "940ad151f89409b4ef57c97ad7de697a9838a6486a82d40814e27bad820d4e31",
    "articles-segments": "72ce49ca6aad31819bbd335b1bd0ec5f8ac5436512ca66716355b0af0c544fbc",
}


@pytest.mark.parametrize("name", NAMES)
def test_no_figure_falls_below_its_floor(name: str) -> None:
    for file in FILES if name == TEASERS else (name,):
        digest = hashlib.sha256((DATA / f"{file}.jsonl.gz").read_bytes()).hexdigest()
        assert digest == DIGESTS[file], "other pages: measure again with ./dev floors"
    floors = json.loads(FLOORS.read_text("utf-8"))[name]
    found = measured(name)
    assert found.keys() == floors.keys()
    fallen = {what: (found[what], floor) for what, floor in floors.items() if found[what] < floor}
    assert not fallen, "below the floor: (measured, floor)"


def test_the_fold_models_are_the_shipped_one_trained_on_less() -> None:
    shipped = page_model()
    for fold in range(FOLDS):
        model = unseen_model(fold)
        assert model.trees.names == shipped.trees.names
        assert model.trees.leaves.shape == shipped.trees.leaves.shape
        assert model.threshold == shipped.threshold
        assert (model.trees.leaves != shipped.trees.leaves).any()
