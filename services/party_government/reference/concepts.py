"""Concepts of the reform that a published document defines, each in our words beside its source;
the wording was not compared with the text of the documents."""

from __future__ import annotations

from typing import Final

from shared.contracts.party_government import DefineConcept

_PLAN: Final = "《浙江省数字化改革总体方案》（2021年2月）"
_ONE_VISIT: Final = (
    "《浙江省保障“最多跑一次”改革规定》（2018年11月30日省十三届人大常委会第七次会议通过）"
)
_ONE_VISIT_PLAN: Final = "《加快推进“最多跑一次”改革实施方案》（浙政发〔2017〕6号）"
_ONE_THING_OPINION: Final = (
    "《国务院办公厅关于加快推进“一件事一次办”打造政务服务升级版的指导意见》（国办发〔2022〕32号）"
)

CONCEPTS: Final = (
    DefineConcept(
        code="digital_reform",
        name_zh="数字化改革",
        name_en="digital reform",
        definition="以数字化的技术、思维和认知重塑省域治理的体制机制、组织架构、流程和工具，"
        "不止于上线应用，而在于制度随之改变。",
        source=_PLAN,
        norms=(_PLAN,),
    ),
    DefineConcept(
        code="integrated_governance",
        name_zh="整体智治",
        name_en="governing as one, intelligently",
        definition="各级各部门作为一个整体、凭借数据协同治理；数字化改革所要达到的治理状态。",
        source=_PLAN,
        norms=(_PLAN,),
        broader="digital_reform",
    ),
    DefineConcept(
        code="v_model",
        name_zh="V字模型",
        name_en="V model",
        definition="先自上而下把任务逐层拆解到最小单元，再自下而上综合集成为协同应用，"
        "并循环迭代的方法。",
        source=_PLAN,
        norms=(_PLAN,),
        broader="digital_reform",
    ),
    DefineConcept(
        code="one_visit",
        name_zh="最多跑一次",
        name_en="at most one visit",
        definition="申请人办一件事，材料齐全并符合法定形式的，从申请到取得结果，"
        "最多上门一次或者不必上门。",
        source=_ONE_VISIT,
        norms=(_ONE_VISIT, _ONE_VISIT_PLAN),
    ),
    DefineConcept(
        code="one_thing",
        name_zh="一件事",
        name_en="one thing",
        definition="一个办事事项，或者申请材料可以一次提交的若干相关事项，由申请人一次办成。",
        source=_ONE_VISIT,
        norms=(_ONE_VISIT, _ONE_THING_OPINION),
        broader="one_visit",
    ),
)
