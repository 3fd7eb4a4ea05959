"""From a trained catboost model to the JSON that `cleaning.trees` loads."""

import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from catboost import CatBoostClassifier

# What every training asks of catboost; iterations, rate and regularisation are its own.
COMMON_PARAMETERS: dict[str, object] = {
    "depth": 6,
    "border_count": 64,
    "rsm": 0.3,
    "bootstrap_type": "Bernoulli",
    "subsample": 0.7,
    "random_seed": 1,
    "thread_count": 2,
    "verbose": 0,
    "allow_writing_files": False,
}
UNIT = 10_000  # leaf values are written as whole numbers of this part


def write_model(
    path: Path, model: CatBoostClassifier, names: Sequence[str], told: Mapping[str, object]
) -> None:
    """Write a model that asks for features of these names. `told`: what else the file says, such
    as its provenance and threshold."""
    _write(path, {**told, **_model(model, names)})


def write_models(
    path: Path,
    models: Mapping[str, tuple[CatBoostClassifier, Sequence[str]]],
    told: Mapping[str, object],
) -> None:
    """Write several models, each under its name."""
    _write(path, {**told, **{name: _model(*model) for name, model in models.items()}})


def _write(path: Path, data: Mapping[str, object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = ",\n".join(
        f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in data.items()
    )
    path.write_text(f"{{\n{rows}\n}}\n", "utf-8")
    print(path.name, flush=True)


def _model(model: CatBoostClassifier, names: Sequence[str]) -> dict[str, object]:
    with tempfile.TemporaryDirectory() as folder:
        exported = Path(folder) / "model.json"
        model.save_model(str(exported), format="json")
        found = json.loads(exported.read_text())
    trees = found["oblivious_trees"]
    depth = max(len(tree["splits"]) for tree in trees)
    splits = [split for tree in trees for split in _padded(tree["splits"], depth)]
    columns = [f["flat_feature_index"] for f in found["features_info"]["float_features"]]
    scale, (bias,) = found["scale_and_bias"]
    return {
        "bias": round(bias, 6),
        "unit": UNIT,
        "features": list(names),
        "asked": [columns[split["float_feature_index"]] for split in splits],
        "borders": [float(f"{split['border']:.6g}") for split in splits],
        "leaves": [
            [round(scale * value * UNIT) for value in _repeated(tree["leaf_values"], depth)]
            for tree in trees
        ],
        "weights": [
            [round(value) for value in _repeated(tree["leaf_weights"], depth)] for tree in trees
        ],
    }


def _padded(splits: Sequence[dict[str, Any]], depth: int) -> Sequence[dict[str, Any]]:
    """A tree may have stopped early; the missing questions are the last one again."""
    return [*splits, *[splits[-1]] * (depth - len(splits))]


def _repeated(values: Sequence[float], depth: int) -> Sequence[float]:
    """A table of a tree that stopped early, as long as the others."""
    return list(values) * ((1 << depth) // len(values))
