from __future__ import annotations

from recsvc.evaluation.parallel import no_progress
from recsvc.models.hybrid import Hybrid
from recsvc.models.popularity import MostRated, Popularity
from recsvc.research.ablation import ALTERNATIVES, FIGURES, SERVED, ablation
from tests.versions import part_of_sample


def test_every_model_has_a_row_and_the_number_of_processes_changes_nothing() -> None:
    part = part_of_sample(range(1, 201), range(150), name="part")
    models = {"served": Hybrid(), "the most rated movies": MostRated(), "popular": Popularity(SERVED.popularity)}
    one, two = (
        ablation(part, models=models, seeds=(1, 2), processes=processes, progress=no_progress) for processes in (1, 2)
    )
    assert one == two
    assert 0 < one["ratings"] < len(part.ratings)
    assert one["splits"] == 2
    assert [row["name"] for row in one["rows"]] == list(models)
    assert all(list(row) == ["name", *FIGURES] for row in one["rows"])
    served, most_rated, popular = one["rows"]
    assert served["known"] > most_rated["known"]
    assert served["none"] == popular["none"]  # without a rating, the hybrid ranks by popularity


def test_the_alternatives_differ_from_the_served_config_in_one_thing() -> None:
    configs = {name: model.config for name, model in ALTERNATIVES.items() if isinstance(model, Hybrid)}
    assert configs.pop("served") == SERVED
    for config in configs.values():
        assert sum(getattr(config, name) != getattr(SERVED, name) for name in SERVED.__dataclass_fields__) == 1
