"""How far the intake under way at this node is, for whoever waits for it."""

from comity.evidence.exhibits import Progress


class LatestProgress:
    """Called by the intake as it goes; read by anyone. One reference is swapped, so no lock is needed."""

    def __init__(self) -> None:
        self.latest = Progress(items=0, size=0)

    def __call__(self, progress: Progress) -> None:
        """Takes the newest count."""
        self.latest = progress
