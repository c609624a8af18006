"""JSON, whatever is asked for: there is nothing else to choose from."""

from rest_framework.negotiation import DefaultContentNegotiation


class OneKind(DefaultContentNegotiation):
    """Parsers by the content type, as usual; the renderer without looking."""

    def select_renderer(self, request, renderers, format_suffix=None):
        """The only one."""
        return renderers[0], renderers[0].media_type
