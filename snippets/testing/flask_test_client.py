import pytest
from flask import Flask, session
from flask.testing import FlaskClient
from shop import create_app


@pytest.fixture
def app() -> Flask:
    return create_app(TESTING=True, SECRET_KEY="only-for-tests")


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()  # keeps cookies, as a browser does


def test_basket_adds_up_over_requests(client: FlaskClient) -> None:
    for sku in ("tea", "tea", "bread"):
        answer = client.post(f"/basket/{sku}")
    assert (answer.status_code, answer.get_json()) == (201, {"tea": 2, "bread": 1})


def test_another_visitor_has_another_basket(app: Flask, client: FlaskClient) -> None:
    client.post("/basket/tea")
    assert app.test_client().post("/basket/bread").get_json() == {"bread": 1}


def test_checkout_takes_the_basket_of_a_user(client: FlaskClient) -> None:
    with client.session_transaction() as stored:  # signed in, without the login page
        stored.update(user_id=7, basket={"tea": 2})
    with client:  # keeps the request's context, so that `session` can be read below
        answer = client.post("/checkout")
        assert (answer.status_code, answer.get_json()) == (200, {"cents": 700})
        assert dict(session) == {"user_id": 7}


def test_checkout_of_a_stranger_is_refused(client: FlaskClient) -> None:
    client.post("/basket/tea")
    assert client.post("/checkout").status_code == 401


def test_unknown_article_is_not_found(client: FlaskClient) -> None:
    assert client.post("/basket/gold").status_code == 404


def test_cookie_is_out_of_reach_for_scripts_and_other_sites(client: FlaskClient) -> None:
    client.post("/basket/tea")
    cookie = client.get_cookie("session")
    assert cookie is not None
    assert (cookie.http_only, cookie.secure, cookie.same_site) == (True, True, "Lax")
