from functools import partial

from django.contrib.auth.decorators import login_required
from django.core.mail import send_mail
from django.db import transaction
from django.http import HttpRequest, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import path
from django.views.decorators.http import require_POST

from .models import Invoice


@login_required
def list_invoices(request: HttpRequest) -> JsonResponse:
    found = Invoice.objects.filter(owner=request.user).select_related("customer")
    return JsonResponse({"customers": [invoice.customer.name for invoice in found]})


@require_POST
@login_required
def pay(request: HttpRequest, number: int) -> JsonResponse:
    with transaction.atomic():
        owned = Invoice.objects.filter(owner=request.user).select_for_update()
        invoice = get_object_or_404(owned, pk=number)
        invoice.paid = True
        invoice.save(update_fields=["paid"])
        to = [request.user.email]
        transaction.on_commit(partial(send_mail, f"Invoice {number} is paid", "", None, to))
    return JsonResponse({"paid": True})


urlpatterns = [path("invoices", list_invoices), path("invoices/<int:number>/pay", pay)]
