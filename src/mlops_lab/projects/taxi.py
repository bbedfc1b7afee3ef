"""Project 2: how many minutes will a taxi trip take, asked at its start? (New York, yellow taxis, 2018 to 2020.)"""

from datetime import date
from typing import Any

from mlops_lab.projects.project import (
    Column,
    Dataset,
    Derived,
    Elapsed,
    Gate,
    InMonth,
    Project,
    Regression,
    TimeSplit,
    Window,
    Within,
)

ZONES = ("pickup_location_id", "dropoff_location_id")
MONTHS = tuple(f"{year}-{month:02}" for year in (2018, 2019, 2020) for month in range(1, 13))

COLUMNS = (
    Column("vendor_id", "integer", "Who built the taxi's recorder, as a code", 1, 7, nullable=True),
    Column("pickup_datetime", "time", "When the meter was engaged, New York's clock"),
    Column("dropoff_datetime", "time", "When the meter was disengaged"),
    Column("passenger_count", "integer", "Passengers, as the driver entered them", 0, 9, nullable=True),
    Column("trip_distance", "number", "Miles by the taximeter"),
    Column("rate_code_id", "integer", "The rate at the trip's end, as a code", nullable=True),
    Column(
        "store_and_fwd_flag", "category", "Whether the record waited in the taxi", categories=("N", "Y"), nullable=True
    ),
    Column("pickup_location_id", "integer", "Taxi zone of the start; 264 and 265 are unknown or outside", 1, 265),
    Column("dropoff_location_id", "integer", "Taxi zone of the end; 264 and 265 are unknown or outside", 1, 265),
    Column("payment_type", "integer", "How the passenger paid, as a code", nullable=True),
    Column("fare_amount", "number", "Dollars by the meter: time and distance"),
    Column("extra", "number", "Dollars of surcharges"),
    Column("mta_tax", "number", "Dollars of tax"),
    Column("tip_amount", "number", "Dollars of tips by card"),
    Column("tolls_amount", "number", "Dollars of tolls"),
    Column("improvement_surcharge", "number", "Dollars of the improvement surcharge"),
    Column("total_amount", "number", "Dollars in all"),
    Column("congestion_surcharge", "number", "Dollars of the congestion surcharge, from 2019", nullable=True),
    Column("file_month", "category", "Month of the file that the row came in", categories=MONTHS),
)
AFTERWARDS = "known only after the trip"


def estimator(seed: int) -> Any:
    """Gradient boosting on histograms for the median, which the mean absolute error asks for."""
    from sklearn.ensemble import HistGradientBoostingRegressor  # here: naming a project must not load scikit-learn

    return HistGradientBoostingRegressor(loss="absolute_error", max_iter=300, early_stopping=False, random_state=seed)


PROJECT = Project(
    name="taxi",
    number=2,
    title="Minutes that a taxi trip takes",
    dataset=Dataset(
        file="yellow_taxi_2018_2020.parquet",
        sha256="5cee3576a6f8feec8968b461ba25a94630819d2d6832ad760847a8e61c14edad",
        rows=360_000,
        totals=dict.fromkeys(MONTHS, 10_000),
        counted="file_month",
        labelled=352_622,
        source="New York City Taxi and Limousine Commission, yellow taxi trip records, 10,000 of each month",
        licence="open data of the City of New York (Administrative Code 23-502(d))",
    ),
    columns=COLUMNS,
    target="minutes",
    label=Elapsed("pickup_datetime", "dropoff_datetime"),
    filters=(
        InMonth("pickup_datetime", "file_month"),
        Within("minutes", 1, 120),
        Within("trip_distance", above=0, maximum=60),
        Within("fare_amount", 2.5, 250),
    ),
    task=Regression("minutes", typical=ZONES),
    split=TimeSplit(
        "pickup_datetime",
        train=Window(date(2018, 1, 1), date(2019, 1, 1)),
        test=Window(date(2019, 1, 1), date(2019, 2, 1)),
    ),
    derived=(
        Derived("zone_pair", "pair", ZONES),
        Derived("pickup_zone", "text", ZONES[:1]),
        Derived("dropoff_zone", "text", ZONES[1:]),
        Derived("minute_of_day", "minute_of_day", ("pickup_datetime",)),
        Derived("weekday", "weekday", ("pickup_datetime",)),
        Derived("month", "month", ("pickup_datetime",)),
    ),
    encoding="target",
    estimator=estimator,
    metric="mae",
    margin=0.05,  # three seconds: less is not worth a deployment
    gates=(  # relative, since a month in which the city empties moves every error
        Gate("skill_over_constant", minimum=0.3),
        Gate("skill_over_typical", minimum=0.05),
    ),
    example={
        "vendor_id": 2,
        "pickup_datetime": "2019-01-15T08:30:00",
        "passenger_count": 1,
        "pickup_location_id": 161,
        "dropoff_location_id": 230,
    },
    excluded={
        "dropoff_datetime": f"{AFTERWARDS}: it is the answer",
        "trip_distance": AFTERWARDS,
        "rate_code_id": f"the final rate, {AFTERWARDS}",
        "store_and_fwd_flag": AFTERWARDS,
        "payment_type": AFTERWARDS,
        "fare_amount": f"{AFTERWARDS}: the meter counts time",
        "extra": AFTERWARDS,
        "mta_tax": AFTERWARDS,
        "tip_amount": AFTERWARDS,
        "tolls_amount": AFTERWARDS,
        "improvement_surcharge": AFTERWARDS,
        "total_amount": AFTERWARDS,
        "congestion_surcharge": AFTERWARDS,
        "file_month": "where the row was published, not a trait of the trip",
    },
    slices=("minute_of_day", "weekday", "passenger_count"),
    report=4,
    intended="Telling a passenger, when the meter is engaged, how long the trip will take. Not for fares or rosters.",
    limits=(
        "It knows neither route, traffic, weather nor events; a zone is a neighbourhood, not an address.",
        "It learnt from 2018: when the city emptied in 2020 its error rose by half until it was retrained.",
    ),
    search_space={
        "learning_rate": (0.05, 0.1, 0.15),
        "max_iter": (200, 300, 400),
        "max_leaf_nodes": (31, 63),
        "min_samples_leaf": (20, 50, 100),
    },
)
