from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.paginator import Paginator
from django.db import models, transaction
from django.http import HttpRequest
from django.utils.functional import cached_property


class Customer(models.Model):
    email = models.EmailField(unique=True)  # in lower case

    def __str__(self) -> str:
        return self.email


class Order(models.Model):
    STATES = {"placed": "Placed", "paid": "Paid", "shipped": "Shipped"}
    number = models.CharField(unique=True)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT)
    status = models.CharField(choices=STATES, default="placed")
    note = models.TextField(blank=True)

    class Meta:
        permissions = [("ship_order", "Can ship order")]

    def __str__(self) -> str:
        return self.number


class CappedPaginator(Paginator):
    @cached_property
    def count(self) -> int:
        return self.object_list.order_by()[:10_000].count()  # nobody turns to page 201


@admin.register(Customer)
class CustomerAdmin(admin.ModelAdmin):
    search_fields = ["email__startswith"]  # has an index; "^email" ignores case and has none
    ordering = ["email"]  # or the pages of the autocomplete overlap


@admin.register(Order)
class OrderAdmin(admin.ModelAdmin):
    list_display = ["number", "customer__email", "status"]
    sortable_by = ["number"]  # anybody's click would sort the whole table
    list_select_related = ["customer"]  # or a query for each row
    list_filter = ["status"]
    list_per_page = 50
    paginator = CappedPaginator
    show_full_result_count = False  # else a search counts the whole table, too
    show_facets = admin.ShowFacets.NEVER  # nor does anybody count it for each filter
    search_fields = ["number__exact"]
    autocomplete_fields = ["customer"]  # or a <select> of all customers
    readonly_fields = ["number", "status"]
    actions = ["ship"]

    def has_delete_permission(self, *_: object) -> bool:
        return False  # not even for a superuser

    has_add_permission = has_delete_permission

    def has_ship_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(f"{self.opts.app_label}.ship_order")

    @admin.action(permissions=["ship"], description="Ship paid %(verbose_name_plural)s")
    def ship(self, request: HttpRequest, orders: models.QuerySet[Order]) -> None:
        with transaction.atomic():
            paid = orders.filter(status="paid").select_for_update(of=["self"])
            shipped = list(paid[:500])  # "Select all" may mean the whole table
            Order.objects.filter(pk__in=[one.pk for one in shipped]).update(status="shipped")
            LogEntry.objects.log_actions(request.user.pk, shipped, CHANGE, "Shipped.")
        self.message_user(request, f"{len(shipped)} orders shipped.")
