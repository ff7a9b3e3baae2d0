from flask import Flask, abort, session
from flask.typing import ResponseReturnValue

CENTS = {"tea": 350, "bread": 220}


def create_app(**config: object) -> Flask:
    app = Flask(__name__)
    app.config.from_prefixed_env()  # FLASK_SECRET_KEY
    app.config.update(SESSION_COOKIE_SECURE=True, SESSION_COOKIE_SAMESITE="Lax")
    app.config.update(config)

    @app.post("/basket/<sku>")
    def add(sku: str) -> ResponseReturnValue:
        if sku not in CENTS:
            abort(404)
        basket = session.setdefault("basket", {})
        basket[sku] = basket.get(sku, 0) + 1
        session.modified = True  # Flask does not see a change inside the dictionary
        return basket, 201

    @app.post("/checkout")
    def check_out() -> ResponseReturnValue:
        if "user_id" not in session:
            abort(401)
        basket = session.pop("basket")
        return {"cents": sum(CENTS[sku] * number for sku, number in basket.items())}

    return app
