"""Procedures drawn as BPMN 2.0 (ISO/IEC 19510), with the layout that viewers need."""

from __future__ import annotations

from collections.abc import Sequence
from graphlib import TopologicalSorter
from xml.etree import ElementTree as Xml

from services.digital_government.domain.procedures import steps_of
from shared.contracts.digital_government import ProcedureStep

_BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
_DI = "http://www.omg.org/spec/BPMN/20100524/DI"
_DC = "http://www.omg.org/spec/DD/20100524/DC"
_DD = "http://www.omg.org/spec/DD/20100524/DI"
_COLUMN, _ROW = 180, 110
_WIDTH, _HEIGHT, _ROUND = 120, 80, 36

_ELEMENTS = {"rule": "businessRuleTask", "applicant": "userTask"}


def drawing_of(edition: str, name: str, procedure: Sequence[ProcedureStep]) -> str:
    """The procedure of an item's edition as a BPMN document: a task for each step, in columns by
    how many come before it; whoever does it stands in its name, a branch's condition on its
    arrows."""
    for prefix, space in (("bpmn", _BPMN), ("bpmndi", _DI), ("dc", _DC), ("di", _DD)):
        Xml.register_namespace(prefix, space)
    steps = steps_of(procedure)
    places = _places(steps)
    target = "urn:qiantang:procedures"
    root = Xml.Element(f"{{{_BPMN}}}definitions", id="definitions", targetNamespace=target)
    process_id = f"process_{edition.replace('.', '_')}"
    process = Xml.SubElement(
        root, f"{{{_BPMN}}}process", id=process_id, name=name, isExecutable="false"
    )
    diagram = Xml.SubElement(root, f"{{{_DI}}}BPMNDiagram", id="diagram")
    plane = Xml.SubElement(diagram, f"{{{_DI}}}BPMNPlane", id="plane", bpmnElement=process_id)
    last = max(column for column, _ in places.values()) + 1
    _node(process, plane, "startEvent", "begin", "申请", (0, 0))
    for step in steps:
        element = _ELEMENTS.get(step.by, "userTask")
        label = f"{step.name}（{step.organ_kind or step.by}）"
        _node(process, plane, element, _id(step.key), label, places[step.key])
    _node(process, plane, "endEvent", "end", "结束", (last, 0))
    places = {**places, "": (0, 0)}
    for step in steps:
        for before in step.after or ("",):
            begin = _id(before) if before else "begin"
            _arrow(
                process, plane, begin, _id(step.key), step.when, places[before], places[step.key]
            )
    followed = {before for step in steps for before in step.after}
    for step in steps:
        if step.key not in followed:
            _arrow(process, plane, _id(step.key), "end", None, places[step.key], (last, 0))
    return Xml.tostring(root, encoding="unicode", xml_declaration=True)


def _id(key: str) -> str:
    return f"step_{key}"


def _places(steps: Sequence[ProcedureStep]) -> dict[str, tuple[int, int]]:
    """The column and the row of each step."""
    after = {step.key: step.after for step in steps}
    columns: dict[str, int] = {}
    rows: dict[int, int] = {}
    found: dict[str, tuple[int, int]] = {}
    for key in TopologicalSorter(after).static_order():
        column = 1 + max((columns[before] for before in after[key]), default=0)
        columns[key] = column
        found[key] = (column, rows.get(column, 0))
        rows[column] = rows.get(column, 0) + 1
    return found


def _size(node: str) -> tuple[int, int]:
    return (_ROUND, _ROUND) if node in ("begin", "end") else (_WIDTH, _HEIGHT)


def _corner(node: str, place: tuple[int, int]) -> tuple[int, int]:
    width, height = _size(node)
    column, row = place
    return column * _COLUMN + (_WIDTH - width) // 2, row * _ROW + (_HEIGHT - height) // 2


def _node(
    process: Xml.Element,
    plane: Xml.Element,
    element: str,
    node: str,
    name: str,
    place: tuple[int, int],
) -> None:
    Xml.SubElement(process, f"{{{_BPMN}}}{element}", id=node, name=name)
    shape = Xml.SubElement(plane, f"{{{_DI}}}BPMNShape", id=f"{node}_shape", bpmnElement=node)
    x, y = _corner(node, place)
    width, height = _size(node)
    bounds = {"x": str(x), "y": str(y), "width": str(width), "height": str(height)}
    Xml.SubElement(shape, f"{{{_DC}}}Bounds", bounds)


def _arrow(
    process: Xml.Element,
    plane: Xml.Element,
    begin: str,
    end: str,
    condition: str | None,
    from_place: tuple[int, int],
    to_place: tuple[int, int],
) -> None:
    arrow = f"{begin}_to_{end}"
    attributes = {"id": arrow, "sourceRef": begin, "targetRef": end}
    if condition is not None:
        attributes["name"] = condition
    flow = Xml.SubElement(process, f"{{{_BPMN}}}sequenceFlow", attributes)
    if condition is not None:
        Xml.SubElement(flow, f"{{{_BPMN}}}conditionExpression").text = condition
    edge = Xml.SubElement(plane, f"{{{_DI}}}BPMNEdge", id=f"{arrow}_edge", bpmnElement=arrow)
    left, top = _corner(begin, from_place)
    right, low = _corner(end, to_place)
    width, height = _size(begin)
    ends = ((left + width, top + height // 2), (right, low + _size(end)[1] // 2))
    for x, y in ends:
        Xml.SubElement(edge, f"{{{_DD}}}waypoint", x=str(x), y=str(y))
