from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from mlops_lab.errors import LabError
from mlops_lab.infrastructure import documentation
from mlops_lab.pipeline.cost import monthly_bill
from mlops_lab.pipeline.resources import read
from mlops_lab.reporting import tables

State = Callable[[str], dict[str, Any]]
INFRA = documentation.read(Path(__file__).parents[3] / "infra")


def test_every_resource_is_listed_under_the_question_of_its_file(state: State, layout: str) -> None:
    resources = read(state(layout))

    table = tables.resources_by_question(resources, INFRA)

    assert table["resources"].sum() == len(resources.all)
    assert table.set_index("file").loc["registry.tf", "question"] == "Where images are kept."
    assert table.set_index("file").loc["registry.tf", "which"] == "3 ecr lifecycle policy, 3 ecr repository"


def test_a_resource_that_no_file_declares_is_refused() -> None:
    stray = {"address": "aws_eip.x", "mode": "managed", "type": "aws_eip", "name": "x", "values": {}}

    with pytest.raises(LabError, match=r"aws_eip\.x is in the state and in no file of infra/"):
        tables.resources_by_question(read({"values": {"root_module": {"resources": [stray]}}}), INFRA)


def test_no_layout_holds_anything_of_unknown_price(state: State, layout: str) -> None:
    assert monthly_bill(read(state(layout))).unknown == ()


def test_priced_and_free_lines_share_no_row_and_lose_none(state: State, layout: str) -> None:
    bill = monthly_bill(read(state(layout)))

    paid, free = tables.bill_table(bill), tables.free_table(bill)

    assert len(paid) - 1 + len(free) == len(bill.lines)
    assert paid.iloc[-1]["USD a month"] == f"{bill.total:,.2f}"
    assert set(paid["what"]).isdisjoint(free["what"])


def test_layouts_differ_in_the_network_only(state: State) -> None:
    bills = {name: monthly_bill(read(state(name))) for name in ("public-tasks", "vpc-endpoints", "nat")}

    table = tables.comparison(bills).set_index("USD a month")

    differing = {name for name, row in table.iterrows() if len(set(row)) > 1}
    assert differing == {"network", "total"}
    assert table.loc["total"].astype(float).idxmin() == "public-tasks"


def test_a_table_keeps_long_text_escapes_it_and_puts_figures_right() -> None:
    long = "<" + "x" * 200

    html = tables.html(pd.DataFrame({"what": [long, "total"], "USD": ["1,234.50", "7"]}))

    assert "&lt;" + "x" * 200 in html
    assert '<td style="text-align: right">1,234.50</td>' in html
    assert '<th style="text-align: right">7</th>' in html
