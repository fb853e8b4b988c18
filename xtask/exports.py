"""Reads the exports in the current folder with pm4py and DuckDB, and holds what they make of them against the analytics' figures."""

import json
import sqlite3
from collections import Counter
from datetime import datetime, timedelta, timezone
from math import floor

import duckdb
import pm4py

with open("figures.json") as file:
    figures = json.load(file)
DURATIONS = figures["durations"]
VARIANTS = Counter({tuple(variant["path"]): variant["visits"] for variant in figures["variants"]})
FOLLOWS = Counter({(pair["from"], pair["to"]): pair["times"] for pair in figures["directlyFollows"]})
EPOCH = datetime.fromtimestamp(0, timezone.utc)
OUTCOMES = {"VISIT_COMPLETED", "VISIT_CANCELLED", "VISIT_RESCHEDULED", "VISIT_NO_SHOW"}
database = sqlite3.connect("simulated.sqlite")
PATIENTS = {name for (name,) in database.execute("SELECT name FROM patients")}


def check(what, ours, theirs):
    if ours != theirs:
        keys = [key for key in set(ours) | set(theirs) if ours.get(key) != theirs.get(key)][:5]
        raise SystemExit(f"{what} differ: " + "; ".join(f"{key}: {ours.get(key)} and {theirs.get(key)}" for key in keys))


def mined(name, log):
    # The analytics tell of visits that ended; each case in one piece, its events in order.
    outcomes = log[log["concept:name"].isin(OUTCOMES)].groupby("case:concept:name")["time:timestamp"].max()
    log = log[log["case:concept:name"].isin(outcomes.index)]
    log = pm4py.format_dataframe(
        log, case_id="case:concept:name", activity_key="concept:name", timestamp_key="time:timestamp"
    )
    # A visit is over with its outcome, whatever is logged of it later.
    visits = log[log["time:timestamp"] <= log["case:concept:name"].map(outcomes)]
    cases = visits.groupby("case:concept:name", sort=False)["time:timestamp"].agg(["min", "max"])
    ends = {case: (row["max"] - row["min"]) // timedelta(seconds=1) for case, row in cases.iterrows()}
    theirs = sorted(floor(round(seconds, 3)) for seconds in pm4py.get_all_case_durations(visits))
    if theirs != sorted(DURATIONS.values()):
        raise SystemExit(f"{name}: case durations differ")
    check(f"{name}: durations of cases", DURATIONS, ends)
    check(f"{name}: variants", VARIANTS, Counter(pm4py.get_variants(log)))
    check(f"{name}: directly-follows counts", FOLLOWS, Counter(pm4py.discover_dfg(log)[0]))
    print(f"{name}: {len(ends)} cases, {len(VARIANTS)} variants, {sum(FOLLOWS.values())} successions are as ours")


mined("XES", pm4py.convert_to_dataframe(pm4py.read_xes("log.xes")))

ocel = pm4py.read_ocel2_json("log.json")
mined("OCEL", pm4py.ocel_flattening(ocel, "visit"))
kinds = Counter(ocel.objects["ocel:type"])
unknown = set(ocel.relations["ocel:oid"]) - set(ocel.objects["ocel:oid"])
if unknown or not kinds["test"] or not kinds["bill"] or not kinds["patient"]:
    raise SystemExit(f"OCEL: objects are missing: {unknown or kinds}")

for file in ("log.xes", "log.json"):
    with open(file) as text:
        content = text.read()
    named = [name for name in PATIENTS if name in content]
    if named:
        raise SystemExit(f"{file} names {named[0]}")

FILES = "'warehouse/events/*/*/events.parquet', hive_partitioning = true"
COUNTS = "SELECT event_type, count(*) FROM {} GROUP BY event_type"
ours = dict(database.execute(COUNTS.format("visit_events")))
check("Parquet: events by type", ours, dict(duckdb.sql(COUNTS.format(f"read_parquet({FILES})")).fetchall()))
days = duckdb.sql(
    "SELECT count(*) FILTER (strftime(performed_at AT TIME ZONE 'Asia/Kolkata', '%Y-%m-%d') != CAST(day AS VARCHAR)), "
    "count(DISTINCT day), count(DISTINCT position), count(visit_id), max(position), "
    f"sum(length(metadata)) FROM read_parquet({FILES})"
).fetchall()[0]
total = sum(ours.values())
if days[0] or days[1] < 30 or days[2:5] != (total, total, total):
    raise SystemExit(f"Parquet: {days} where {total} events on their days belong")


def moment(text):
    return text and (datetime.fromisoformat(text) - EPOCH) // timedelta(milliseconds=1)


# All of an event but what people wrote; moments in milliseconds.
EVENT = (
    "position, id, visit_id, aggregate_type, aggregate_id, version, event_type, schema_version, actor_type, performed_by, "
    "on_behalf_of, branch_id"
)
ours = {
    row[0]: (*row[1:-2], moment(row[-2]), moment(row[-1]))
    for row in database.execute(f"SELECT {EVENT}, performed_at, recorded_at FROM visit_events")
}
theirs = {
    row[0]: row[1:]
    for row in duckdb.sql(
        f"SELECT {EVENT}, epoch_ms(performed_at AT TIME ZONE 'UTC'), epoch_ms(recorded_at AT TIME ZONE 'UTC') "
        f"FROM read_parquet({FILES})"
    ).fetchall()
}
check("Parquet: events", ours, theirs)
# What is left of the metadata says what the log says.
whole = {position: json.loads(text) for position, text in database.execute("SELECT position, metadata FROM visit_events")}
plain = duckdb.sql(f"SELECT position, metadata FROM read_parquet({FILES}) WHERE metadata IS NOT NULL").fetchall()
plain = {position: json.loads(text) for position, text in plain}
logged = {position: {key: whole[position].get(key) for key in kept} for position, kept in plain.items()}
check("Parquet: metadata", logged, plain)
if not any(plain.values()):
    raise SystemExit("Parquet: no metadata are left")
texts = duckdb.sql(f"SELECT metadata FROM read_parquet({FILES}) WHERE metadata IS NOT NULL").fetchall()
texts = "\n".join(text for (text,) in texts)
if any(name in texts for name in PATIENTS):
    raise SystemExit("Parquet names a patient")
STAYS = "read_parquet('warehouse/stays/*/*/stays.parquet', hive_partitioning = true)"
# A stay of the visit, then all of it as both have it; moments in milliseconds.
COLUMNS = "visit_id, number, part, station, doctor_id, department_id, branch_id, visit_type, priority, outcome, hour, weekday, seconds"
ours = {
    row[:2]: (*row[2:-2], moment(row[-2]), moment(row[-1]))
    for row in database.execute(
        f"SELECT {COLUMNS.replace('outcome', 'ended.outcome')}, day, began_at, ended_at FROM stays "
        "JOIN (SELECT visit_id AS id, outcome FROM visit_measures) AS ended ON ended.id = stays.visit_id"
    )
}
theirs = {
    row[:2]: row[2:]
    for row in duckdb.sql(
        f"SELECT {COLUMNS}, CAST(day AS VARCHAR), epoch_ms(began_at AT TIME ZONE 'UTC'), "
        f"epoch_ms(ended_at AT TIME ZONE 'UTC') FROM {STAYS}"
    ).fetchall()
}
check("Parquet: stays", ours, theirs)
rows = duckdb.sql(f"SELECT count(*) FROM {STAYS}").fetchall()[0][0]
if rows != len(theirs):
    raise SystemExit(f"Parquet: {rows} rows of {len(theirs)} stays")
check(
    "Parts of visits",
    DURATIONS,
    dict(database.execute("SELECT visit_id, waiting + served + away + other FROM visit_measures WHERE ended_at IS NOT NULL")),
)
summed = duckdb.sql(f"SELECT visit_id, sum(seconds) FROM {STAYS} WHERE outcome IS NOT NULL GROUP BY visit_id").fetchall()
check("Parquet: sums of stays", DURATIONS, dict(summed))
print(f"Parquet: {total} events on {days[1]} days and {rows} stays are as ours")
