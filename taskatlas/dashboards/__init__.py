"""Apps over a release: the dashboard (app.py, app_pages/) and the report, both on the same queries and charts."""
