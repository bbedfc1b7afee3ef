"""Colours of the reports: one hue for each role, the same in diagram and chart."""

from mlops_lab.reporting.canvas import Look

INK, MUTED, PAPER, RULE = "#1f2933", "#66727f", "#ffffff", "#c5ced8"
COLOURS = {
    "balancer": "#6a4c9c",
    "network": "#3f63a8",
    "tasks": "#c9742b",
    "observability": "#2f8577",
    "storage": "#7d8a3a",
    "no charge": "#9aa5b1",
    "request": "#6a4c9c",
    "call": "#3f63a8",
}
LOOKS = {
    "vpc": Look(PAPER, "#8b98a8", line=1.6, radius=10),
    "zone": Look("#f5f7fa", RULE, dashed=True, radius=8, line=1.0),
    "public": Look("#e9f4ec", "#a9cfb4", line=1.0),
    "private": Look("#e8eef8", "#adc1e2", line=1.0),
    "balancer": Look("#f0eaf9", COLOURS["balancer"]),
    "group": Look("#ffffffb3", COLOURS["tasks"], dashed=True),
    "stable": Look("#fdeedd", COLOURS["tasks"]),
    "canary": Look("#fffbe6", "#c9a72b", dashed=True),
    "gateway": Look(COLOURS["network"], COLOURS["network"], radius=5),
    "endpoint": Look("#dfe8f7", COLOURS["network"]),
    "outside": Look("#f7f8fa", "#b6c0cb"),
    "rule": Look(PAPER, COLOURS["balancer"]),
}
