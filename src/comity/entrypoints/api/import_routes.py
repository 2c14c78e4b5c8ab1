"""The route of imports."""

from comity.casework.bench.workbench import Workbench
from comity.casework.dossier.import_foreign import Imported, ImportForeign, import_foreign
from comity.entrypoints.api.routing import Call, Route


def import_routes(bench: Workbench) -> list[Route]:
    """What an officer can do with what others packed."""

    def imported(call: Call) -> object:
        return import_foreign(bench, call.officer, call.command)

    return [
        Route(
            "POST",
            "api/imports",
            "Judge a bag or an age file on the node's machine, and take it in under an order with the verdict",
            imported,
            ImportForeign,
            Imported,
        )
    ]
