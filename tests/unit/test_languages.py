"""Copies and shared passages in scripts without spaces, where a word is a character."""

from random import Random

import pytest

from cleaning.fingerprint import BANDS, Fingerprint
from service.duplicates.model import DEFAULT_POLICY, Relation
from service.duplicates.verify import verify
from tests.builders import prose

WORDS = {
    "Chinese": """
市议会 大桥 星期一 一年 河流 工程 居民 说明 新的 旧 宣布 计划 费用 亿元
警方 车站 商业街 影响 继续 开始 调查 结果 专家 必须 在 和 的 将 对 从 到
关于 表示 认为 已经 可能 交通 管制 学校 儿童 医院 地区 方案 反对 支持 意见
会议 代表 政府 预算 关闭 修复 检查 裂缝
    """,
    "Japanese": """
市議会 橋 月曜日 年間 川 工事 住民 説明 新しい 古い 発表した 予定 費用 億円
警察 駅前 商店街 影響 続く 始まった 調査 結果 専門家 必要 が は を に で
と から まで について という した する される では 交通 規制 学校 子ども
病院 地域 計画 反対 賛成 意見 会議 代表 政府 予算
    """,
    "Thai": """
สภาเมือง สะพาน วันจันทร์ แม่น้ำ ประชาชน โครงการ ก่อสร้าง ใหม่ เก่า
ประกาศ งบประมาณ ล้านบาท ตำรวจ โรงเรียน โรงพยาบาล ผล การ ความ ที่ ใน และ
จะ ได้ ให้ ของ เป็น ว่า กับ จาก มี ไม่ รัฐบาล ผู้ว่า เสนอ แผน น้ำท่วม
ถนน รถไฟ ปิด เปิด เดือน ปี ชาวบ้าน คัดค้าน สนับสนุน ประชุม
    """,
}
STOPS = {"Chinese": "。", "Japanese": "。", "Thai": " "}
COPIES = {Relation.NEAR, Relation.CONTAINED, Relation.CONTAINS}
TRIALS = range(20)


def sentences(language: str, seed: int, count: int = 25) -> list[str]:
    """Made-up sentences of common words."""
    pick = Random(f"{language}{seed}")
    return [
        "".join(pick.choices(WORDS[language].split(), k=pick.randint(8, 16))) + STOPS[language]
        for _ in range(count)
    ]


def is_found(text: str, copy: str) -> bool:
    """Whether a copy shares a bucket with the text, and is verified."""
    one, two = Fingerprint(text), Fingerprint(copy)
    likeness = verify(two, one, DEFAULT_POLICY) if set(one.slots) & set(two.slots) else None
    return likeness is not None and likeness.relation in COPIES


def passages(text: str) -> set[bytes]:
    return {slot for slot in Fingerprint(text).slots if slot[0] > BANDS}


def spun(text: str, share: float, pick: Random) -> str:
    """The text with this share of its characters replaced by others of it."""
    return "".join(pick.choice(text) if pick.random() < share else letter for letter in text)


@pytest.mark.parametrize("language", WORDS)
def test_a_copy_is_found(language: str) -> None:
    for seed in TRIALS:
        pick, told = Random(seed), sentences(language, seed)
        text, other = "".join(told), sentences(language, seed + 1_000)
        left_out = set(pick.sample(range(len(told)), int(len(told) * 0.4)))
        place = pick.randrange(len(told))
        assert is_found(text, text[: int(len(text) * 0.6)])
        assert is_found(text, "".join(s for i, s in enumerate(told) if i not in left_out))
        assert is_found(text, spun(text, 0.05, pick))
        assert is_found(text, "".join([*told[:place], other[0], *told[place:]]))
        assert not is_found(text, "".join(other))


@pytest.mark.parametrize("language", WORDS)
@pytest.mark.parametrize("length", [21, 40])
@pytest.mark.parametrize("host", ["same", "English"])
def test_a_shared_statement_is_found(language: str, length: int, host: str) -> None:
    """Of 21 characters on it is sure to be: ten make a shingle, and there are twelve of these."""
    for seed in TRIALS:
        text = "".join(s.strip("。 ") for s in sentences(language, seed))
        start = Random(seed).randrange(len(text) - 2 * length)
        statement = text[start : start + (2 * length if language == "Thai" else length)]
        if host == "English":
            other = f"{prose(seed, 5)} {statement} {prose(seed + 1, 5)}"
        else:
            around = sentences(language, seed + 1_000)
            other = "".join([*around[:5], statement, *around[5:]])
        assert passages(text) & passages(other)
