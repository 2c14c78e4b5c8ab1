from django.apps import AppConfig


class ComityConfig(AppConfig):
    """The node's tables."""

    name = "comity.adapters.postgres"
    label = "comity"
    default_auto_field = "django.db.models.BigAutoField"
