"""A release that takes requests step by step beside the one that it may replace, and goes back by itself."""
