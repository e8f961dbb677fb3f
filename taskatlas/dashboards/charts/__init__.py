"""The charts, each a function from rows to an Altair chart: pages draw them live, the report as SVG."""

import altair as alt

Chart = alt.Chart | alt.LayerChart
"""The charts that such a function returns."""
