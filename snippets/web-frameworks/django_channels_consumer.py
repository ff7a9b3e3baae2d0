# ruff: noqa: E402  # Django reads its settings while the imports below run
import os
from functools import partial
from typing import Any

from django.conf import settings
from django.core.asgi import get_asgi_application

settings.configure(
    SECRET_KEY=os.environ["SECRET_KEY"],
    ALLOWED_HOSTS=["app.example.com"],
    INSTALLED_APPS=[f"django.contrib.{app}" for app in ("auth", "contenttypes", "sessions")],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "shop.sqlite3"}},
    CHANNEL_LAYERS={
        "default": {  # the in-memory layer ends at its own process
            "BACKEND": "channels_redis.core.RedisChannelLayer",
            # The layer waits 5 s for an event, and redis-py by itself gives up after 5 s.
            "CONFIG": {"hosts": [{"address": os.environ["REDIS_URL"], "socket_timeout": 15}]},
        }
    },
)
pages = get_asgi_application()  # sets Django up, so it stands before what imports models

from asgiref.sync import async_to_sync
from channels.auth import AuthMiddlewareStack
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from channels.layers import get_channel_layer
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.db import transaction
from django.urls import path


def tell(account: int, kind: str, **data: str | int) -> None:
    send = async_to_sync(get_channel_layer().group_send)
    event = {"type": kind, "data": data}
    # After the commit; if Valkey is down, that is logged (robust), as the order was saved.
    transaction.on_commit(partial(send, f"account.{account}", event), robust=True)


class OrderConsumer(AsyncJsonWebsocketConsumer):
    async def connect(self) -> None:
        account, user = self.scope["url_route"]["kwargs"]["account"], self.scope["user"]
        self.room, self.name = f"account.{account}", user.get_username()
        if not await user.groups.filter(pk=account).aexists():
            await self.close()  # before accept: a 403
            return
        await self.channel_layer.group_add(self.room, self.channel_name)
        await self.accept()

    async def disconnect(self, _code: int) -> None:
        await self.channel_layer.group_discard(self.room, self.channel_name)

    async def receive(self, **frame: str | bytes) -> None:
        try:
            await super().receive(**frame)
        except ValueError:  # bytes, or not JSON
            await self.close(1003)

    async def receive_json(self, content: object) -> None:
        match content:
            case {"watch": int(order)}:
                event = {"type": "order.event", "data": {"order": order, "watched_by": self.name}}
                await self.channel_layer.group_send(self.room, event)
            case _:
                await self.close(1008)

    async def order_event(self, event: dict[str, Any]) -> None:
        await self.send_json(event["data"])

    async def member_removed(self, event: dict[str, Any]) -> None:
        if event["data"]["name"] == self.name:  # or it would listen for as long as the tab is open
            await self.close(4403)


consumers = URLRouter([path("accounts/<int:account>", OrderConsumer.as_asgi())])
# CORS does not apply to WebSockets: without the check of Origin any page may open one.
sockets = AllowedHostsOriginValidator(AuthMiddlewareStack(consumers))
application = ProtocolTypeRouter({"http": pages, "websocket": sockets})
