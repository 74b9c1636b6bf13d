"""The Grafana dashboard, made from a table of panels: who reads this file sees what is shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from shared.contracts.base import Command
from shared.contracts.digital_government import (
    AcceptCase,
    DecideCase,
    RateOneThing,
    SubmitOneThing,
)
from shared.contracts.identity_data import ReserveEnterpriseName

WIDTH = 24
HEIGHT = 8
OURS = 'service=~"$service"'
# What the people of the story of an enterprise's start-up do, in this order.
STORY: tuple[type[Command[Any]], ...] = (
    ReserveEnterpriseName,
    SubmitOneThing,
    AcceptCase,
    DecideCase,
    RateOneThing,
)


@dataclass(frozen=True)
class Panel:
    """One panel: a bilingual title, what is asked of Prometheus by legend, and Grafana's name of
    the unit. `kind` is `timeseries` or `stat`."""

    title: str
    unit: str
    queries: dict[str, str]
    kind: str = "timeseries"


@dataclass(frozen=True)
class Row:
    """Panels side by side under a bilingual title."""

    title: str
    panels: tuple[Panel, ...]


def _rate(metric: str, by: str, labels: str = OURS) -> str:
    return f"sum by ({by}) (rate({metric}{{{labels}}}[$__rate_interval]))"


def _quantile(quantile: float, metric: str, by: str) -> str:
    return f"histogram_quantile({quantile}, {_rate(f'{metric}_bucket', f'{by}, le')})"


def _largest(metric: str, by: str = "service") -> str:
    # Replicas read the same tables, so the figures of several are not added up.
    return f"max by ({by}) ({metric}{{{OURS}}})"


def _did(command: type[Command[Any]]) -> str:
    labels = f'contract="{command.NAME}", outcome="ok"'
    return f"sum(increase(qiantang_messages_total{{{labels}}}[$__range]))"


ROWS = (
    Row(
        "请求 · Requests",
        (
            Panel(
                "速率 · Rate by service",
                "reqps",
                {"{{service}}": _rate("qiantang_messages_total", "service")},
            ),
            Panel(
                "结果 · Errors: answers that are not ok",
                "reqps",
                {
                    "{{service}} {{outcome}}": _rate(
                        "qiantang_messages_total",
                        "service, outcome",
                        f'{OURS}, outcome!~"ok|repeated"',
                    )
                },
            ),
            Panel(
                "时延 · Duration, median and 95 of 100",
                "s",
                {
                    "{{service}} p50": _quantile(0.5, "qiantang_message_seconds", "service"),
                    "{{service}} p95": _quantile(0.95, "qiantang_message_seconds", "service"),
                },
            ),
        ),
    ),
    Row(
        "命令与调用 · Contracts and calls",
        (
            Panel(
                "最忙的十个契约 · The ten busiest contracts",
                "reqps",
                {
                    "{{service}}.{{contract}}": "topk(10, "
                    + _rate("qiantang_messages_total", "service, contract")
                    + ")"
                },
            ),
            Panel(
                "服务间调用 · Calls of other services by outcome",
                "reqps",
                {
                    "{{service}} → {{callee}} {{outcome}}": _rate(
                        "qiantang_rpc_calls_total", "service, callee, outcome"
                    )
                },
            ),
            Panel(
                "调用时延 · Duration of calls, 95 of 100",
                "s",
                {
                    "{{service}} → {{callee}}": _quantile(
                        0.95, "qiantang_rpc_call_seconds", "service, callee"
                    )
                },
            ),
        ),
    ),
    Row(
        "发件箱 · Outbox",
        (
            Panel(
                "未发布事件 · Events not yet published",
                "short",
                {"{{service}}": _largest("qiantang_outbox_unpublished_events")},
            ),
            Panel(
                "最久未发布 · Age of the oldest",
                "s",
                {"{{service}}": "service:qiantang_outbox_oldest_unpublished_seconds:max"},
            ),
            Panel(
                "发布速率 · Events published",
                "ops",
                {"{{service}}": _rate("qiantang_events_published_total", "service")},
            ),
        ),
    ),
    Row(
        "收件箱与队列 · Inbox and queues",
        (
            Panel(
                "待处理事件 · Events not yet taken, by state",
                "short",
                {"{{service}} {{state}}": _largest("qiantang_inbox_events", "service, state")},
            ),
            Panel(
                "最久待处理 · Age of the oldest",
                "s",
                {"{{service}}": "service:qiantang_inbox_oldest_open_seconds:max"},
            ),
            Panel(
                "处理速率 · Events taken, by what became of them",
                "ops",
                {
                    "{{service}} {{outcome}}": _rate(
                        "qiantang_events_consumed_total", "service, outcome"
                    )
                },
            ),
        ),
    ),
    Row(
        "异常 · What is wrong",
        (
            Panel(
                "死信 · Dead letters",
                "short",
                {"{{service}} {{kind}}": "service:qiantang_dead_letters:max"},
            ),
            Panel(
                "无法解析 · Undecodable messages",
                "short",
                {"{{service}}": "service:qiantang_undecodable_messages:max"},
            ),
            Panel(
                "中间件拒收或断开 · Broker blocks, or is away",
                "short",
                {
                    "{{service}} blocked": _largest("qiantang_broker_blocked"),
                    "{{service}} away": "1 - min by (service) "
                    f"(qiantang_broker_connected{{{OURS}}})",
                },
            ),
        ),
    ),
    Row(
        "数据库 · Database",
        (
            Panel(
                "连接池占用 · Share of the pool in use",
                "percentunit",
                {
                    "{{service}} {{pool}}": "max by (service, pool) ("
                    f"qiantang_database_pool_in_use{{{OURS}}}"
                    f" / qiantang_database_pool_size{{{OURS}}})"
                },
            ),
            Panel(
                "每次提交的命令数 · Units of work in one commit",
                "short",
                {
                    "{{service}}": _rate("qiantang_commit_group_units_sum", "service")
                    + " / "
                    + _rate("qiantang_commit_group_units_count", "service")
                },
            ),
            Panel(
                "可用 · Database answers",
                "short",
                {"{{service}}": f"min by (service) (qiantang_database_up{{{OURS}}})"},
            ),
        ),
    ),
    Row(
        "业务 · The story's figures",
        (
            *(
                Panel(f"{one.ZH} · {one.NAME}", "short", {one.NAME: _did(one)}, "stat")
                for one in STORY
            ),
            Panel(
                "定时器 · Timers fired",
                "short",
                {"{{name}}": "sum by (name) (increase(qiantang_timers_fired_total[$__range]))"},
                "stat",
            ),
        ),
    ),
)


def dashboard() -> dict[str, Any]:
    """The dashboard as Grafana imports it."""
    panels: list[dict[str, Any]] = []
    top = 0
    for row in ROWS:
        place = {"x": 0, "y": top, "w": WIDTH, "h": 1}
        panels.append({"type": "row", "title": row.title, "gridPos": place, "collapsed": False})
        width = WIDTH // len(row.panels)
        for number, panel in enumerate(row.panels):
            place = {"x": number * width, "y": top + 1, "w": width, "h": HEIGHT}
            panels.append({**_panel(panel), "gridPos": place})
        top += 1 + HEIGHT
    for number, one in enumerate(panels, start=1):
        one["id"] = number
    return {
        "uid": "qiantang",
        "title": "钱塘 · Qiantang",
        "tags": ["qiantang"],
        "timezone": "Asia/Shanghai",
        "refresh": "10s",
        "time": {"from": "now-1h", "to": "now"},
        "schemaVersion": 39,
        "templating": {
            "list": [
                {"name": "datasource", "type": "datasource", "query": "prometheus"},
                {
                    "name": "service",
                    "label": "服务 · service",
                    "type": "query",
                    "datasource": {"type": "prometheus", "uid": "${datasource}"},
                    "query": "label_values(qiantang_database_up, service)",
                    "includeAll": True,
                    "allValue": ".*",
                    "multi": True,
                    "refresh": 2,
                },
            ]
        },
        "panels": panels,
    }


def _panel(panel: Panel) -> dict[str, Any]:
    return {
        "type": panel.kind,
        "title": panel.title,
        "datasource": {"type": "prometheus", "uid": "${datasource}"},
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "targets": [
            {"refId": chr(ord("A") + number), "expr": expr, "legendFormat": legend}
            for number, (legend, expr) in enumerate(panel.queries.items())
        ],
    }
