"""CloudWatch's dashboards drawn from their own definition with live data, as a picture and as a page."""
