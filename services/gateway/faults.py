"""What is wrong with a field, in Chinese; contracts and forms tell it in English."""

from __future__ import annotations

import re
from typing import Final

_SENTENCES: Final = (
    (r"Missing data for required field\.", "请填写"),
    (r"This field is required\.|Field may not be null\.", "请填写"),
    (r"Shorter than minimum length (\d+)\.", r"至少 \1 个字"),
    (r"Longer than maximum length (\d+)\.", r"最多 \1 个字"),
    (r"Length must be between (\d+) and (\d+)\.", r"应为 \1 至 \2 个字"),
    (r"Length must be (\d+)\.", r"应为 \1 个字"),
    (
        r"Must be greater than or equal to (\S+?) and less than or equal to (\S+?)\.",
        r"应在 \1 至 \2 之间",
    ),
    (r"Must be greater than or equal to (\S+?)\.", r"不得小于 \1"),
    (r"Must be less than or equal to (\S+?)\.", r"不得大于 \1"),
    (r"Must be one of: .*", "请从所列选项中选择"),
    (r"Not a valid (integer|number)\.", "应为数字"),
    (r"Not a valid date\.", "应为日期"),
    (r"Not a valid datetime\.", "应为日期和时间"),
    (r"Not a valid resident number: .*", "公民身份号码不正确，请核对"),
    (r"Not a valid unified social credit code: .*", "统一社会信用代码不正确，请核对"),
    (r"Not a division code\.", "不是行政区划代码"),
    (r"Not a valid .*", "格式不正确"),
    (r"String does not match expected pattern\.", "格式不正确"),
    (r"Contains control characters\.", "含有不能使用的字符"),
    (r"This (form|item) has no such field\.|Unknown field\.", "没有这一项"),
    (r"Government gave this value: .*", "此项由政府提供：如有误，请说明理由并填写正确内容"),
    (r"Only a value that government gave .*", "只能对政府提供的数据提出异议，并须填写正确内容"),
    (r".* is too short", "内容太短"),
    (r".* is too long", "内容太长"),
    (r".* is less than the minimum of (\S+)", r"不得小于 \1"),
    (r".* is greater than the maximum of (\S+)", r"不得大于 \1"),
    (r".* is not one of \[.*\]", "请从所列选项中选择"),
    (r".* is not of type '(integer|number)'", "应为数字"),
    (r".* is not of type '.*'", "格式不正确"),
    (r".* is not a 'date'", "应为日期"),
    (r".* does not match '.*'", "格式不正确"),
    (r"Invalid input type\.", "格式不正确"),
    (r"A plain file name: .*", "文件名不能含路径和特殊符号"),
    (r"A time of day as 09:00\.", "应为时间，如 09:00"),
    (r"(Lower-case|Small) letters, digits .*", "只能用小写字母、数字和下划线"),
    (r"Neither a (month|year) nor a (month|year)\.", "应为年份或月份，如 2026 或 2026-03"),
    (r"Not a month\.", "应为月份，如 2026-03"),
    (r"Not a code of six digits\.", "应为六位数字"),
    (r"Not a phone number\.", "不是电话号码"),
    (r"Name the law, as .*", "请写明法律名称（用《》）和条款"),
)
_PATTERNS: Final = tuple((re.compile(pattern, re.DOTALL), zh) for pattern, zh in _SENTENCES)


def in_words(fault: str, language: str) -> str:
    """The sentence in the visitor's language; as it is, where it is not among those known."""
    if language == "en":
        return fault
    for pattern, zh in _PATTERNS:
        found = pattern.fullmatch(fault)
        if found is not None:
            return found.expand(zh)
    return fault
