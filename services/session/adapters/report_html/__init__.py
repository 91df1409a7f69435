"""A report as one HTML file and as JSON with its sentences written out. Decides nothing; shows everything."""

from services.session.adapters.report_html.render import render_html, report_json

__all__ = ["render_html", "report_json"]
