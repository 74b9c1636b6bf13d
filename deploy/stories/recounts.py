"""Every figure of the one screen that comes from cases, one-things, enterprises and shared data,
counted again in SQL over the records themselves."""

from __future__ import annotations

from collections.abc import Sequence

from deploy.stories.stage import Stage, StoryFailed
from shared.contracts.party_government import Indicator, OneScreen
from shared.measures import as_kept
from shared.settings import Settings

# How each figure of the screen is counted again, in SQL over the owning service's own records.
# Where nothing was delivered, JSON has null, as text.
DELIVERED = "FROM case_ WHERE delivery IS NOT NULL AND CAST(delivery AS TEXT) <> 'null'"
# What was generated to fill the catalogue counts nowhere.
OFFERED = "state = 'published' AND SUBSTR(matter, 1, 4) <> 'gen_'"
RECOUNTS = {
    "items_online_percent": (
        "digital_government",
        "SELECT 100.0 * SUM(CASE WHEN online THEN 1 ELSE 0 END) / COUNT(*) FROM implementation"
        f" WHERE {OFFERED}",
    ),
    "items_zero_visit_percent": (
        "digital_government",
        "SELECT 100.0 * SUM(CASE WHEN visits = 0 THEN 1 ELSE 0 END) / COUNT(*) FROM implementation"
        f" WHERE {OFFERED}",
    ),
    "items_one_visit_percent": (
        "digital_government",
        "SELECT 100.0 * SUM(CASE WHEN visits <= 1 THEN 1 ELSE 0 END) / COUNT(*)"
        f" FROM implementation WHERE {OFFERED}",
    ),
    "promised_days_percent": (
        "digital_government",
        "SELECT 100.0 * SUM(promised_days) / SUM(statutory_days) FROM implementation"
        f" WHERE {OFFERED}",
    ),
    "cases_submitted": ("digital_government", "SELECT COUNT(*) FROM case_"),
    "cases_decided": (
        "digital_government",
        "SELECT COUNT(*) FROM case_ WHERE outcome IS NOT NULL",
    ),
    "one_things_completed": (
        "digital_government",
        "SELECT COUNT(*) FROM one_thing WHERE state = 'completed'",
    ),
    "case_minutes_median": (
        "digital_government",
        "SELECT MIN(minutes) FROM (SELECT {minutes} AS minutes,"
        " ROW_NUMBER() OVER (ORDER BY {minutes}) AS n,"
        " COUNT(*) OVER () AS total FROM case_ WHERE outcome IS NOT NULL) AS ranked"
        " WHERE 2 * n >= total",
    ),
    "case_minutes_p95": (
        "digital_government",
        "SELECT MIN(minutes) FROM (SELECT {minutes} AS minutes,"
        " ROW_NUMBER() OVER (ORDER BY {minutes}) AS n,"
        " COUNT(*) OVER () AS total FROM case_ WHERE outcome IS NOT NULL) AS ranked"
        " WHERE 100 * n >= 95 * total",
    ),
    "cases_in_time_percent": (
        "digital_government",
        "SELECT 100.0 * SUM(CASE WHEN overdue THEN 0 ELSE 1 END) / COUNT(*)"
        " FROM case_ WHERE outcome IS NOT NULL",
    ),
    # A day earlier than the last: from the decision to the end of the last day are more than 86,399
    # seconds.
    "cases_early_percent": (
        "digital_government",
        "SELECT 100.0 * SUM(CASE WHEN {seconds_left} > 86399 THEN 1 ELSE 0 END) / COUNT(*)"
        " FROM case_ WHERE outcome IS NOT NULL",
    ),
    "cases_instant_percent": (
        "digital_government",
        "SELECT 100.0 * SUM(CASE WHEN ruling IS NOT NULL AND {minutes} = 0 THEN 1 ELSE 0 END)"
        " / COUNT(*) FROM case_ WHERE outcome IS NOT NULL",
    ),
    "materials_reused_percent": (
        "digital_government",
        "SELECT 100.0 * SUM(materials_reused) / SUM(materials_reused + materials_brought)"
        " FROM case_ WHERE outcome IS NOT NULL",
    ),
    "one_thing_minutes_median": (
        "digital_government",
        "SELECT MIN(minutes) FROM (SELECT {thing_minutes} AS minutes,"
        " ROW_NUMBER() OVER (ORDER BY {thing_minutes}) AS n,"
        " COUNT(*) OVER () AS total FROM one_thing WHERE state = 'completed') AS ranked"
        " WHERE 2 * n >= total",
    ),
    "ratings_bad": (
        "digital_government",
        "SELECT COUNT(*) FROM rating WHERE grade <= 2 AND NOT excluded",
    ),
    "ratings": ("digital_government", "SELECT COUNT(*) FROM rating WHERE NOT excluded"),
    "rating_average": (
        "digital_government",
        "SELECT AVG(1.0 * grade) FROM rating WHERE NOT excluded",
    ),
    "satisfaction_percent": (
        "digital_government",
        "SELECT 100.0 * SUM(CASE WHEN grade >= 3 THEN 1 ELSE 0 END) / COUNT(*)"
        " FROM rating WHERE NOT excluded",
    ),
    "corrections_in_time_percent": (
        "digital_government",
        "SELECT 100.0 * SUM(CASE WHEN reported_in_time THEN 1 ELSE 0 END) / COUNT(*)"
        " FROM rating WHERE grade <= 2 AND NOT excluded",
    ),
    "cases_online_percent": (
        "digital_government",
        "SELECT 100.0 * SUM(CASE WHEN received_in IS NULL THEN 1 ELSE 0 END) / COUNT(*) FROM case_",
    ),
    "cases_zero_visit_percent": (
        "digital_government",
        f"SELECT 100.0 * SUM(CASE WHEN visits = 0 THEN 1 ELSE 0 END) / COUNT(*) {DELIVERED}",
    ),
    "cases_one_visit_percent": (
        "digital_government",
        f"SELECT 100.0 * SUM(CASE WHEN visits <= 1 THEN 1 ELSE 0 END) / COUNT(*) {DELIVERED}",
    ),
    "cases_across": (
        "digital_government",
        "SELECT COUNT(*) FROM case_ WHERE"
        " SUBSTR(COALESCE(transferred, division), 1, LENGTH(received_in)) <> received_in",
    ),
    "visits_served": (
        "digital_government",
        "SELECT COUNT(*) FROM visit WHERE state = 'served'",
    ),
    "concerns_raised": ("digital_government", "SELECT COUNT(*) FROM concern"),
    "concerns_in_time_percent": (
        "digital_government",
        "SELECT 100.0 * SUM(CASE WHEN in_time THEN 1 ELSE 0 END) / COUNT(*)"
        " FROM concern WHERE in_time IS NOT NULL",
    ),
    "concerns_escalated": (
        "digital_government",
        "SELECT COALESCE(SUM(escalations), 0) FROM concern",
    ),
    "enterprises_registered": ("identity_data", "SELECT COUNT(*) FROM enterprise"),
    "data_shared": ("identity_data", "SELECT COUNT(*) FROM shared_reading"),
    "enterprises_known": ("digital_economy", "SELECT COUNT(*) FROM enterprise_profile"),
    "policies_matched": ("digital_economy", "SELECT COUNT(*) FROM policy_match"),
}

# Whole minutes from application to the end; the two databases tell time differently.
MINUTES = {
    "sqlite": "((CAST(strftime('%s', {ended}) AS INTEGER)"
    " - CAST(strftime('%s', submitted_at) AS INTEGER)) / 60)",
    "postgresql": "CAST(FLOOR(EXTRACT(EPOCH FROM {ended} - submitted_at) / 60) AS INTEGER)",
}

SECONDS_LEFT = {
    "sqlite": "(CAST(strftime('%s', due) AS INTEGER) - CAST(strftime('%s', closed_at) AS INTEGER))",
    "postgresql": "EXTRACT(EPOCH FROM due - closed_at)",
}


def compare_the_screen(stage: Stage) -> tuple[Sequence[Indicator], dict[str, float]]:
    """The figures and what SQL says of each; raises `StoryFailed` where the two differ."""
    stage.watcher.step("一屏 · every figure of the screen counted again in SQL")
    screen = stage.ask("leader", OneScreen(division="33"))
    values = {one.code: one.value for one in screen.indicators}
    recounts: dict[str, float] = {}
    for code, (service, statement) in RECOUNTS.items():
        found = values.get(code)
        told = stage.count(service, _for_database(statement, stage.settings))
        if told is None and found is None:
            continue  # Of nothing there is neither a share nor a median.
        if found is None or told is None:
            raise StoryFailed(f"{code}: the screen says {found}, SQL says {told}")
        counted = float(told)
        if "{minutes} AS" in statement or "{thing_minutes} AS" in statement:
            counted = float(as_kept(round(counted)))
        recounts[code] = counted
        stage.check(f"{code} = SQL", round(counted, 6), round(float(found), 6))
    return [one for one in screen.indicators if one.code in recounts], recounts


def _for_database(statement: str, settings: Settings) -> str:
    sqlite = settings.database_url.startswith("sqlite")
    database = "sqlite" if sqlite else "postgresql"
    minutes = MINUTES[database]
    parts = {
        "{minutes}": minutes.format(ended="closed_at"),
        "{thing_minutes}": minutes.format(ended="settled_at"),
        "{seconds_left}": SECONDS_LEFT[database],
    }
    for name, part in parts.items():
        statement = statement.replace(name, part)
    return statement
