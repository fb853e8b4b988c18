"""Reads the exports in the current folder with pm4py and DuckDB, and holds what they make of them against the analytics' figures."""

import json
import sqlite3
from collections import Counter
from datetime import timedelta
from math import floor

import duckdb
import pm4py

with open("figures.json") as file:
    figures = json.load(file)
DURATIONS = figures["durations"]
VARIANTS = Counter({tuple(variant["path"]): variant["visits"] for variant in figures["variants"]})
FOLLOWS = Counter({(pair["from"], pair["to"]): pair["times"] for pair in figures["directlyFollows"]})
OUTCOMES = {"VISIT_COMPLETED", "VISIT_CANCELLED", "VISIT_RESCHEDULED", "VISIT_NO_SHOW"}
PATIENTS = {name for (name,) in sqlite3.connect("simulated.sqlite").execute("SELECT name FROM patients")}


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
database = sqlite3.connect("simulated.sqlite")
COUNTS = "SELECT event_type, count(*) FROM {} GROUP BY event_type"
ours = dict(database.execute(COUNTS.format("visit_events")))
check("Parquet: events by type", ours, dict(duckdb.sql(COUNTS.format(f"read_parquet({FILES})")).fetchall()))
days = duckdb.sql(
    "SELECT count(*) FILTER (strftime(performed_at AT TIME ZONE 'Asia/Kolkata', '%Y-%m-%d') != CAST(day AS VARCHAR)), "
    "count(DISTINCT day), count(DISTINCT position), count(visit_id), max(position), "
    f"sum(length(metadata)) FROM read_parquet({FILES})"
).fetchall()[0]
total = sum(ours.values())
if days[0] or days[1] < 3 or days[2:5] != (total, total, total):
    raise SystemExit(f"Parquet: {days} where {total} events on their days belong")
first = database.execute("SELECT id, performed_at, version FROM visit_events WHERE position = 1").fetchone()
read = duckdb.sql(
    "SELECT id, strftime(performed_at AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S'), version "
    f"FROM read_parquet({FILES}) WHERE position = 1"
).fetchall()[0]
if (first[0], first[1][:19], first[2]) != read:
    raise SystemExit(f"Parquet: {read} where {first} belongs")
texts = duckdb.sql(f"SELECT metadata FROM read_parquet({FILES}) WHERE metadata IS NOT NULL").fetchall()
texts = "\n".join(text for (text,) in texts)
if any(name in texts for name in PATIENTS):
    raise SystemExit("Parquet names a patient")
STAYS = "read_parquet('warehouse/stays/*/*/stays.parquet', hive_partitioning = true)"
whole = dict(
    duckdb.sql(f"SELECT visit_id, sum(seconds) FROM {STAYS} WHERE outcome = 'COMPLETED' GROUP BY visit_id").fetchall()
)
span = (
    "SELECT visit_id, date_diff('second', min(performed_at) FILTER (event_type = 'VISIT_REGISTERED'), "
    "min(performed_at) FILTER (event_type = 'VISIT_COMPLETED')) "
    f"FROM read_parquet({FILES}) GROUP BY visit_id HAVING bool_or(event_type = 'VISIT_COMPLETED')"
)
for visit, seconds in duckdb.sql(span).fetchall():
    # A boundary between seconds may be counted that the visit's own clock does not show.
    if abs(whole.pop(visit) - seconds) > 1:
        raise SystemExit(f"Parquet: the stays of visit {visit} are not {seconds} seconds")
if whole:
    raise SystemExit(f"Parquet: stays of visits that are not completed: {list(whole)[:5]}")
print(f"Parquet: {total} events on {days[1]} days are as ours")
