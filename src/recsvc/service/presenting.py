"""Presents movies, lists and answers of the engine as schemas of the API."""

from __future__ import annotations

from datetime import date
from typing import Any

from recsvc.datasets.tmdb.movie import TMDB_NOTICE, has_tmdb_data
from recsvc.engine.answer import Answer, AnswerTogether, Recommendation, ScoreReasons
from recsvc.engine.engine import Engine
from recsvc.engine.together import Together
from recsvc.service.schemas.lists import SharedItem, SharedList
from recsvc.service.schemas.movies import MovieDetail, MovieSummary
from recsvc.service.schemas.recommendations import Recommendations, RecommendationsTogether
from recsvc.storage.lists import StoredList
from recsvc.types import Movie
from recsvc.usecases.deployment import Deployment
from recsvc.usecases.recommendation_tokens import RecommendationTokens


class Presenter:
    """Presents movies, lists and answers. Summaries are cached, since the same movies are shown again and again."""

    def __init__(self, poster_base_url: str, backdrop_base_url: str, tokens: RecommendationTokens) -> None:
        self._tokens = tokens
        self._poster_base_url = poster_base_url
        self._backdrop_base_url = backdrop_base_url
        self._summaries: dict[int, tuple[Movie, MovieSummary]] = {}

    def summary(self, movie: Movie) -> MovieSummary:
        """Return a movie as it is shown in lists."""
        cached = self._summaries.get(movie.movie_id)
        if cached is not None and cached[0] is movie:
            return cached[1]
        summary = MovieSummary(
            movie_id=movie.movie_id,
            title=movie.title,
            year=movie.year,
            genres=list(movie.genres),
            poster_url=_at(self._poster_base_url, movie.poster_path),
        )
        self._summaries[movie.movie_id] = (movie, summary)
        return summary

    def detail(self, engine: Engine, row: int) -> MovieDetail:
        """Return everything that is known about a movie."""
        movie = engine.catalogue.movie(row)
        return MovieDetail(
            **self.summary(movie).model_dump(),
            other_titles=list(movie.other_titles),
            overview=movie.overview,
            keywords=list(movie.keywords),
            directors=list(movie.directors),
            cast=list(movie.cast),
            countries=list(movie.countries),
            imdb_id=movie.imdb_id,
            tmdb_id=movie.tmdb_id,
            trailer_url=movie.trailer_url,
            vote_average=movie.vote_average,
            vote_count=movie.vote_count,
            runtime=movie.runtime,
            original_language=movie.original_language,
            release_date=None if movie.release_date is None else date.fromisoformat(movie.release_date),
            backdrop_url=_at(self._backdrop_base_url, movie.backdrop_path),
            budget=movie.budget,
            revenue=movie.revenue,
            attribution=TMDB_NOTICE if has_tmdb_data(movie) else None,
            simulated=engine.manifest.dataset.simulated,
            rating_count=int(engine.catalogue.rating_counts[row]),
            mean_rating=_rounded(float(engine.catalogue.mean_stars[row])),
            popularity=_rounded(engine.popularity(row)),
        )

    def shared_list(self, deployment: Deployment, stored: StoredList) -> SharedList:
        """Return a list with its movies as they are in the catalogue now, if they are."""
        items = []
        for item in stored.items:
            catalogue = deployment.for_movie(item.movie_id).catalogue
            row = catalogue.vocabulary.row(item.movie_id) if stored.catalogue == deployment.catalogue else None
            now = None if row is None else self.summary(catalogue.movie(row))
            items.append(SharedItem(**item._asdict(), movie=now))
        times = {"created_at": stored.created_at, "updated_at": stored.updated_at}
        return SharedList(slug=stored.slug, title=stored.title, kind=stored.kind, items=items, **times)

    def recommendations(self, engine: Engine, user_id: str | None, answer: Answer) -> Recommendations:
        """Return a page of recommendations."""
        # Validating the whole at once is several times faster than one object after the other.
        items = [self._item(item) for item in answer.items]
        return Recommendations.model_validate({**self._list(engine, user_id, answer), "items": items})

    def recommendations_together(
        self, engine: Engine, together: Together, answer: AnswerTogether
    ) -> RecommendationsTogether:
        """Return a page of recommendations for several members."""
        items = [
            {
                **self._item(Recommendation(item.rank, item.movie, item.score, None, None, None)),
                "for_members": [
                    {"strategy": one.strategy, "rank": one.rank, "score": one.score}
                    | _told(one.predicted_rating, one.reasons)
                    for one in item.for_members
                ],
            }
            for item in answer.items
        ]
        page = {**self._list(engine, None, answer), "together": together, "items": items}
        return RecommendationsTogether.model_validate(page)

    def _list(self, engine: Engine, user_id: str | None, answer: Answer | AnswerTogether) -> dict[str, Any]:
        catalogue, version = engine.manifest.catalogue, engine.manifest.version
        first_rank = answer.items[0].rank if answer.items else 1
        movie_ids = [item.movie.movie_id for item in answer.items]
        return {
            "recommendation_id": self._tokens.issue(
                catalogue, version, answer.strategy, user_id, first_rank, movie_ids
            ),
            "model_version": version,
            "simulated": engine.manifest.dataset.simulated,
            "strategy": answer.strategy,
            "user_id": user_id,
            "next_offset": answer.next_offset,
        }

    def _item(self, item: Recommendation) -> dict[str, Any]:
        rank, movie, score, predicted, reasons, raised_by = item
        return {
            "rank": rank,
            "movie": self.summary(movie),
            "score": score,
            **_told(predicted, reasons),
            "raised_by": raised_by and {**raised_by.kind._asdict(), "liked": raised_by.liked, "of": raised_by.of},
        }


def _told(predicted: float | None, reasons: ScoreReasons | None) -> dict[str, Any]:
    """Return what a movie is for one user, as items and members of items have it."""
    baseline, because, other = reasons if reasons is not None else (None, (), None)
    return {
        "predicted_rating": None if predicted is None else round(predicted, 2),
        "baseline": baseline,
        "because": [
            {"movie_id": rated.movie_id, "title": rated.title, "contribution": added} for rated, added in because
        ],
        "other": other,
    }


def _at(base_url: str, path: str | None) -> str | None:
    return f"{base_url.rstrip('/')}/{path.lstrip('/')}" if path else None


def _rounded(stars: float) -> float | None:
    """Return stars rounded to three places; None for NaN."""
    return None if stars != stars else round(stars, 3)  # noqa: PLR0124 - NaN is not itself
