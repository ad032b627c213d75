"""A service that does nothing: a bare FastAPI app whose `/recommend` always returns one answer.

It has the parameters and the response model of the real one, and so the same bytes, and no middleware, no dependency
and no state. What it reaches is the most that FastAPI can reach with this answer. It changes with the schemas of the
answer only, so that nothing of the service can slow both and hide it.

The answer is read from standard input; the port is the argument.
"""

from __future__ import annotations

import sys
from typing import Annotated

import uvicorn
from fastapi import FastAPI, Query

from recsvc.service.schemas.recommendations import Recommendations, RecommendQuery

if __name__ == "__main__":
    app = FastAPI()
    answer = Recommendations.model_validate_json(sys.stdin.read())

    @app.get("/recommend")
    async def recommend(_query: Annotated[RecommendQuery, Query()]) -> Recommendations:
        return answer

    uvicorn.run(app, port=int(sys.argv[1]), log_level="error", access_log=False, server_header=False)
