"""The pages: each file answers one question, and app.py runs it."""

PAGES = {
    "overview": ("Overview", ":material/home:"),
    "choose": ("Choose", ":material/checklist:"),
    "map": ("Map", ":material/scatter_plot:"),
    "compare": ("Compare", ":material/compare_arrows:"),
    "heatmap": ("Heatmap", ":material/grid_on:"),
    "evidence": ("Evidence", ":material/query_stats:"),
    "sql": ("SQL", ":material/code:"),
}
"""File → its title and icon, in the order of the sidebar."""
