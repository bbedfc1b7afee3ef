"""The report site: one static folder, made from what is kept under ``reports/``, that needs no lab and no network."""
