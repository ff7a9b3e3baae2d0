import pytest
from django.contrib.auth.models import User
from django.core.mail import EmailMessage
from django.test import Client
from invoices.models import Customer, Invoice
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks

pytestmark = pytest.mark.django_db


def invoice_of(name: str) -> Invoice:
    owner, _ = User.objects.get_or_create(username=name, email=f"{name}@example.com")
    return Invoice.objects.create(owner=owner, customer=Customer.objects.create(name="Tea Ltd"))


@pytest.fixture
def own(client: Client) -> Invoice:
    invoice = invoice_of("ada")
    client.force_login(invoice.owner)  # no password is hashed for it
    return invoice


def test_list_costs_three_queries(
    client: Client, own: Invoice, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    invoice_of("ada")
    invoice_of("eve")
    with django_assert_num_queries(3):  # session, user, invoices: however many there are
        answer = client.get("/invoices")
    assert answer.json() == {"customers": ["Tea Ltd", "Tea Ltd"]}


def test_paying_sends_mail_after_the_commit(
    client: Client,
    own: Invoice,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    mailoutbox: list[EmailMessage],
) -> None:
    with django_capture_on_commit_callbacks(execute=True) as callbacks:
        answer = client.post(f"/invoices/{own.pk}/pay")
    own.refresh_from_db()
    assert (answer.status_code, own.paid, len(callbacks)) == (200, True, 1)
    assert [mail.to for mail in mailoutbox] == [["ada@example.com"]]


def test_invoice_of_another_user_is_not_found(client: Client, own: Invoice) -> None:
    assert client.post(f"/invoices/{invoice_of('eve').pk}/pay").status_code == 404


def test_stranger_is_sent_to_the_login(client: Client) -> None:
    for answer in (client.get("/invoices"), client.post("/invoices/1/pay")):
        assert (answer.status_code, answer.headers["Location"][:12]) == (302, "/login?next=")


def test_form_of_another_site_is_refused(own: Invoice) -> None:
    strict = Client(enforce_csrf_checks=True)  # the fixture skips the check
    strict.force_login(own.owner)
    assert strict.post(f"/invoices/{own.pk}/pay").status_code == 403
