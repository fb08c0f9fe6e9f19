"""What officers of the bench say."""

from __future__ import annotations

RANKING = [["/xephang"]]

_REPORT = ("ntm01 85, ntm02 12", "Xác nhận")
_RANKINGS = ("/xephang", "xếp hạng", "/xephang trang 1", "/xephang", "xếp hạng cao nhất", "/xephang")
_OTHER = ("/han", "/diem", "/viec")


def mix() -> list[list[str]]:
    """10 % reports (the figures, then the filing), 60 % rankings, 30 % other; the officers begin at different places."""
    script = [*_REPORT, *_RANKINGS, *_OTHER, *_RANKINGS, *_OTHER]
    begin_at = [0 if start == 1 else start for start in range(len(script))]
    return [script[start:] + script[:start] for start in begin_at]
