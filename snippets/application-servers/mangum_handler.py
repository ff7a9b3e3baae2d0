import os
from decimal import Decimal
from typing import Annotated

import httpx2
from fastapi import FastAPI, HTTPException, Query, Request, Response
from mangum import Mangum

# Made at import: once per environment, and its connections outlive an invocation.
# Lambda ends an invocation after 3 seconds unless the function is given more.
rates = httpx2.AsyncClient(base_url=os.environ["RATES_URL"], timeout=2)
app = FastAPI()


@app.get("/prices/{currency}")
async def price(
    currency: str,
    euros: Annotated[Decimal, Query(gt=0)],
    request: Request,
    response: Response,
) -> dict[str, Decimal | str]:
    # The name under which the invocation stands in CloudWatch.
    response.headers["X-Request-ID"] = request.scope["aws.context"].aws_request_id
    answer = await rates.get("/latest", params={"base": "EUR", "symbol": currency})
    if answer.status_code == 404:
        raise HTTPException(404, "No rate for this currency")
    rate = Decimal(answer.raise_for_status().text)
    return {"currency": currency, "amount": (euros * rate).quantize(Decimal("0.01"))}


# A stage other than `$default` is part of the path: set STAGE_PATH=/prod then.
handler = Mangum(app, lifespan="off", api_gateway_base_path=os.environ.get("STAGE_PATH", "/"))
