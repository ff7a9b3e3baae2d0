"""How a list is cut into pages."""

from typing import Any, override

from django.db.models import QuerySet
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from notes.models import Note
from notes.serializers import PageQuery


class NotePagination(BasePagination):
    """Limit and offset, refused where the framework's own class would correct them silently."""

    @override
    def paginate_queryset(
        self, queryset: QuerySet[Note], request: Request, view: APIView | None = None
    ) -> list[Note]:
        """Give the notes of the page that was asked for."""
        query = PageQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        limit, offset = query.validated_data["limit"], query.validated_data["offset"]
        self.total = queryset.count()
        return list(queryset[offset : offset + limit])

    @override
    def get_paginated_response(self, data: list[dict[str, Any]]) -> Response:
        """Give the page and the number of all notes."""
        return Response({"items": data, "total": self.total})
