"""The report of a what-if: one HTML page that needs nothing else, to read, to print and to send around."""

from api.report.page import page

__all__ = ["page"]
