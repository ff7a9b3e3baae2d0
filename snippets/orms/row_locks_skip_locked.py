import logging
import os
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, Index, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

log = logging.getLogger(__name__)
engine = create_async_engine(os.environ["DATABASE_URL"], pool_pre_ping=True)
new_session = async_sessionmaker(engine)
MAX_ATTEMPTS = 3


class Base(DeclarativeBase):
    type_annotation_map = {datetime: DateTime(timezone=True), dict[str, Any]: JSONB}


class Job(Base):
    __tablename__ = "jobs"

    id: Mapped[int] = mapped_column(primary_key=True)
    payload: Mapped[dict[str, Any]]
    attempts: Mapped[int] = mapped_column(server_default="0")
    done_at: Mapped[datetime | None]


# Only what waits is in the index: it stays small however many jobs are done.
Index("ix_jobs_waiting", Job.id, postgresql_where=Job.done_at.is_(None))


async def run_next(work: Callable[[dict[str, Any]], Awaitable[None]]) -> bool:
    waiting = (
        select(Job)
        .where(Job.done_at.is_(None), Job.attempts < MAX_ATTEMPTS)
        .order_by(Job.id)
        .limit(1)
        .with_for_update(skip_locked=True)  # a job of another worker is passed over, not waited for
    )
    async with new_session.begin() as session:  # the lock lasts as long as the transaction
        if (job := await session.scalar(waiting)) is None:
            return False
        try:
            await work(job.payload)
        except Exception:
            log.exception("Job %d failed", job.id)
            job.attempts += 1  # stays in the queue, but not for ever
        else:
            job.done_at = datetime.now(UTC)
    return True
