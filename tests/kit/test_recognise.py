"""How officers really write, and what it means. The phrases are those of the catalogues (phrases.txt)."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.kit.recognise import Recognised, Recogniser, Unsure, follow_up


def _phrases() -> dict[str, list[str]]:
    table: dict[str, list[str]] = {}
    for line in (Path(__file__).parent / "phrases.txt").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            command, _, phrases = line.partition(": ")
            table.setdefault(command, []).extend(phrases.split("|"))
    return table


PHRASES = _phrases()
RECOGNISER = Recogniser(PHRASES)


def said(text: str) -> tuple[str, str] | None:
    found = RECOGNISER.recognise(text)
    return (found.command, found.argument) if isinstance(found, Recognised) else None


PHRASINGS = [
    # my duties
    ("hôm nay có việc gì", "viec", "hôm nay"),
    ("hom nay co viec gi", "viec", "hom nay"),
    ("Bot ơi, hôm nay có việc gì không?", "viec", "hôm nay"),
    ("viec cua toi", "viec", ""),
    ("hom nay phai lam gi", "viec", "hom nay"),
    ("cho tôi hỏi tôi phải làm gì", "viec", ""),
    ("còn việc gì không ạ", "viec", ""),
    ("bao cao nao chua nop", "viec", ""),
    ("phải nộp báo cáo gì tuần này", "viec", "tuần này"),
    ("công việc", "viec", ""),
    ("to do", "viec", ""),
    # report
    ("báo cáo", "baocao", ""),
    ("nop bao cao", "baocao", ""),
    ("báo cáo quý 3", "baocao", "quý 3"),
    ("BÁO CÁO QUÝ III", "baocao", "QUÝ III"),
    ("bao cao 9 thang ntm", "baocao", "9 thang ntm"),
    ("toi muon bao cao", "baocao", ""),
    ("tôi muốn nộp báo cáo quý 3 cho lạng sơn", "baocao", "quý 3 cho lạng sơn"),
    ("bc quý 3", "baocao", "quý 3"),
    ("gửi bc quý 3", "baocao", "quý 3"),
    ("nhập số liệu ntm", "baocao", "ntm"),
    ("cap nhat so lieu nong thon moi", "baocao", "nong thon moi"),
    ("tự chấm điểm năm 2026", "baocao", "năm 2026"),
    ("bang tu cham", "baocao", ""),
    ("baocao", "baocao", ""),
    ("baoc ao", "baocao", ""),
    ("baos caos quy 3", "baocao", "quy 3"),
    ("nop baso cao", "baocao", ""),
    ("file a report", "baocao", ""),
    # correct
    ("sửa báo cáo quý 3", "sua", "quý 3"),
    ("sua so lieu NTM01", "sua", "NTM01"),
    ("toi nhap sai so lieu quy 3", "sua", "quy 3"),
    ("tôi nộp nhầm báo cáo", "sua", ""),
    ("đính chính", "sua", ""),
    ("hủy báo cáo quý 3", "sua", "quý 3"),
    ("suwar lai bao cao", "sua", ""),
    # ranking
    ("xếp hạng", "xephang", ""),
    ("xep hang lao cai", "xephang", "lao cai"),
    ("lao cai xep hang may", "xephang", "lao cai"),
    ("lai chau hang may", "xephang", "lai chau"),
    ("Lào Cai đứng thứ mấy?", "xephang", "Lào Cai"),
    ("xeps hangj lao cai", "xephang", "lao cai"),
    ("xeeps hajng", "xephang", ""),
    ("xep hnag", "xephang", ""),
    ("xep hangg", "xephang", ""),
    ("xephang Lào Cai", "xephang", "Lào Cai"),
    ("XẾP HẠNG LÀO CAI", "xephang", "LÀO CAI"),
    ("xếp hạng của Lào Cai là bao nhiêu", "xephang", "Lào Cai"),
    ("bang xep hang nam ngoai", "xephang", "nam ngoai"),
    ("xem xếp hạng năm 2024", "xephang", "năm 2024"),
    ("thứ hạng nhóm I", "xephang", "nhóm I"),
    ("tỉnh nào cao nhất ntm", "xephang", "ntm"),
    ("thap nhat NTM02", "xephang", "NTM02"),
    ("tinh minh xep thu may", "xephang", ""),
    ("ai dẫn đầu", "xephang", ""),
    ("ket qua thi dua nam 2024", "xephang", "nam 2024"),
    ("em ơi xem giúp anh xếp hạng lạng sơn", "xephang", "lạng sơn"),
    ("xếp hạng trang 2", "xephang", "trang 2"),
    ("2024 xếp hạng", "xephang", "2024"),
    ("bxh", "xephang", ""),
    ("gui cho toi bang xep hang", "xephang", ""),
    ("lai châu hạng bao nhiêu", "xephang", "lai châu"),
    ("ranking 2024", "xephang", "2024"),
    ("rankng", "xephang", ""),
    ("who leads", "xephang", ""),
    # score
    ("diem cua lang son", "diem", "lang son"),
    ("cho em xem điểm của Lạng Sơn với ạ", "diem", "Lạng Sơn"),
    ("lào cai được bao nhiêu điểm", "diem", "lào cai"),
    ("Lạng Sơn bao nhiêu điểm rồi", "diem", "Lạng Sơn"),
    ("điểm tiêu chí I.2 của cao bằng", "diem", "tiêu chí I.2 của cao bằng"),
    ("diem i.2", "diem", "i.2"),
    ("vì sao điểm của tôi thấp thế", "diem", ""),
    ("đơn vị tôi bao nhiêu điểm", "diem", ""),
    ("ddieemr lajng sown", "diem", "lajng sown"),
    ("diem lang son nam 2024", "diem", "lang son nam 2024"),
    ("tổng điểm", "diem", ""),
    ("điểm tự chấm của lạng sơn", "diem", "lạng sơn"),
    # compare
    ("so sanh lang son voi cao bang", "sosanh", "lang son voi cao bang"),
    ("so sánh lạng sơn với cao bằng và sơn la", "sosanh", "lạng sơn với cao bằng và sơn la"),
    ("so sánh với cao bằng", "sosanh", "cao bằng"),
    ("lạng sơn với lào cai ai hơn", "sosanh", "lạng sơn với lào cai"),
    ("đối chiếu lào cai và lai châu", "sosanh", "lào cai và lai châu"),
    ("compare Lang Son with Cao Bang", "sosanh", "Lang Son with Cao Bang"),
    ("ls vs cb", "sosanh", "ls cb"),
    ("lạng sơn kém lào cai mấy điểm", "sosanh", "lạng sơn lào cai"),
    # deadlines
    ("hạn nộp bảng tự chấm điểm là ngày nào", "han", ""),
    ("chừng nào nộp báo cáo", "han", ""),
    ("han nop bao cao quy 3", "han", "quy 3"),
    ("đồng chí cho hỏi hạn nộp báo cáo quý 3 là khi nào ạ", "han", "quý 3"),
    ("Kính gửi Ban Tổ chức, đề nghị cho biết hạn nộp báo cáo năm 2026", "han", "năm 2026"),
    ("hanj nopj baos caos", "han", ""),
    ("bao cao quy 3 bao gio nop", "han", "quy 3"),
    ("báo cáo năm bao giờ phải nộp", "han", "năm"),
    ("còn mấy ngày nữa thì hết hạn", "han", ""),
    ("con bao nhieu ngay nua", "han", ""),
    ("han chot", "han", ""),
    ("hạn tuần này", "han", "tuần này"),
    ("deadline quý 4", "han", "quý 4"),
    ("when is the report due", "han", ""),
    # calendar
    ("bao gio hop", "lich", ""),
    ("lich tuan sau", "lich", "tuan sau"),
    ("lịch tháng 12", "lich", "tháng 12"),
    ("tuần này có gì", "lich", "tuần này"),
    ("thứ sáu tuần sau có họp không", "lich", "thứ sáu tuần sau"),
    ("ngày mai có hội nghị không", "lich", "ngày mai"),
    ("có cuộc họp nào trong tuần này không", "lich", "tuần này"),
    ("thu 6 hop may gio", "lich", "thu 6"),
    ("mấy giờ họp thế", "lich", ""),
    ("lịch 5/3", "lich", "5/3"),
    ("hôm nào họp tổng kết", "lich", "tổng kết"),
    ("5/3 có họp không", "lich", "5/3"),
    ("khi nào họp sơ kết", "lich", ""),
    ("next meeting", "lich", ""),
    # reminders
    ("nhắc nhở", "nhacnho", ""),
    ("tắt nhắc nhở", "nhacnho", "tắt"),
    ("đừng nhắc nữa", "nhacnho", "đừng"),
    ("nhắc tôi sáng mai", "nhacnho", "sáng mai"),
    ("nhac nhow", "nhacnho", ""),
    # progress
    ("ai chua nop", "tiendo", ""),
    ("ai chua nop bao cao", "tiendo", ""),
    ("dong chi oi cho hoi ai chua nop bao cao quy 3 the", "tiendo", "quy 3"),
    ("tỉnh nào chưa nộp NTM quý 3", "tiendo", "NTM quý 3"),
    ("lào cai đã nộp chưa", "tiendo", "lào cai"),
    ("tuyên quang đã nộp báo cáo quý 3 chưa", "tiendo", "tuyên quang quý 3"),
    ("những đơn vị nào chưa nộp báo cáo quý 3", "tiendo", "quý 3"),
    ("bao nhieu don vi da nop", "tiendo", ""),
    ("tien do nop bao cao 9 thang", "tiendo", "9 thang"),
    ("tieesn ddooj", "tiendo", ""),
    ("ai trễ hạn", "tiendo", ""),
    ("em da nop bao cao chua nhi", "tiendo", ""),
    ("đôn đốc lai châu", "tiendo", "lai châu"),
    ("who has not reported", "tiendo", ""),
    # people, data, language, help, start, cancel
    ("mời cán bộ lạng sơn", "nguoi", "lạng sơn"),
    ("tạo mã mời cho cán bộ lai châu", "nguoi", "lai châu"),
    ("danh sach can bo", "nguoi", ""),
    ("xóa dữ liệu của tôi", "dulieu", ""),
    ("bot lưu gì về tôi", "dulieu", ""),
    ("tiếng anh", "ngonngu", ""),
    ("đổi ngôn ngữ", "ngonngu", ""),
    ("trợ giúp", "trogiup", ""),
    ("giúp tôi với", "trogiup", ""),
    ("bot làm được gì", "trogiup", ""),
    ("hướng dẫn cách nộp báo cáo", "trogiup", ""),
    ("what can you do", "trogiup", ""),
    ("xin chào", "start", ""),
    ("huỷ", "huy", ""),
    ("hủy", "huy", ""),
]


@pytest.mark.parametrize(("text", "command", "argument"), PHRASINGS, ids=[text for text, _, _ in PHRASINGS])
def test_phrasing_means_command(text: str, command: str, argument: str) -> None:
    assert said(text) == (command, argument)


NOTHING = [
    "", "   ", "?", "...", "🙂", "👍👍👍", "ok", "vâng", "thanks", "ừ", "alo", "12", "1.234,5", "85%", "không phát sinh",
    "chưa có", "như kỳ trước", "lạng sơn", "quý 3", "NTM", "đồng ý", "cảm ơn đồng chí", "không có gì", "85 điểm",
    "3 báo cáo", "hạng 5", "xếp thứ 12", "điểm: 9,5", "chưa có số liệu", "không có số liệu", "1.234,5 điểm", "lịch sử",
    "hạn chế", "điểm danh", "người nghèo", "ntm01 85, ntm02 12", "I.2 4750", "Số xã đạt chuẩn NTM: 85",
    "Kinh phí huy động: 1.250", "diễn biến phức tạp", "chúc mừng sinh nhật chị Lan nhé cả nhà", "trời hôm nay đẹp quá",
    "bây giờ là mấy giờ", "Chúc các đồng chí ngày mới tốt lành", "tôi bị ốm hôm nay xin nghỉ họp",
    "thời tiết hôm nay thế nào", "ai là cụm trưởng", "mật khẩu wifi là gì", "nếu nộp chậm 2 ngày thì sao",
    "Các đồng chí ơi chiều nay họp lúc mấy giờ nhỉ, ai đi cùng xe với mình thì báo mình nhé", "see you tomorrow",
    "mọi người ơi", "thời điểm", "dia diem", "tong hop", "ngan hang", "duong lich", "gioi han",
    "huy chuong", "Huy chương", "lorem ipsum dolor",
]  # fmt: skip


@pytest.mark.parametrize("text", NOTHING)
def test_talk_and_answers_mean_nothing(text: str) -> None:
    assert RECOGNISER.recognise(text) is None


@pytest.mark.parametrize("text", [
    "xếp hạng lào cai " * 240, "báo cáo " + "a" * 4000, "🙂" * 4000, "nộp báo cáo\n" * 300, "xếp hạng " + "rất " * 60,
])
def test_a_long_text_is_talk(text: str) -> None:
    assert RECOGNISER.recognise(text) is None


@pytest.mark.parametrize(("command", "phrase"), [(command, phrase) for command, phrases in PHRASES.items() for phrase in phrases])
def test_every_phrase_reaches_its_own_command(command: str, phrase: str) -> None:
    found = RECOGNISER.recognise(phrase)
    assert isinstance(found, Recognised)
    assert (found.command, found.argument, found.exact) == (command, "", True)


@pytest.mark.parametrize("command", sorted(PHRASES))
def test_a_commands_name_is_a_phrase(command: str) -> None:
    assert said(command) == (command, "")


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_composed_and_decomposed_letters_are_alike(form: str) -> None:
    text = unicodedata.normalize(form, "xếp hạng của Lào Cai năm 2024")  # type: ignore[arg-type]
    assert said(text) == ("xephang", "Lào Cai năm 2024")


def test_the_score_tells_how_much_the_phrase_explains() -> None:
    whole, part, mended = (RECOGNISER.recognise(text) for text in ("xếp hạng", "xếp hạng lào cai", "xep hnag"))
    assert isinstance(whole, Recognised)
    assert isinstance(part, Recognised)
    assert isinstance(mended, Recognised)
    assert whole.score == 1.0
    assert whole.exact
    assert part.score == 0.5
    assert not part.exact
    assert part.score < mended.score < whole.score


def test_two_commands_that_fit_alike_are_asked_about() -> None:
    recogniser = Recogniser({"diem": ["số điểm"], "sosanh": ["so điểm"], "han": ["hạn nộp"]})
    assert recogniser.recognise("so diem") == Unsure(("diem", "sosanh"))


def test_typed_diacritics_decide_between_two() -> None:
    recogniser = Recogniser({"diem": ["số điểm"], "sosanh": ["so điểm"]})
    found = recogniser.recognise("số điểm")
    assert isinstance(found, Recognised)
    assert found.command == "diem"


def test_the_longer_phrase_wins() -> None:
    recogniser = Recogniser({"baocao": ["báo cáo"], "tiendo": ["ai chưa nộp báo cáo"], "han": ["hạn nộp báo cáo"]})
    for text, command in (("ai chua nop bao cao", "tiendo"), ("han nop bao cao", "han"), ("bao cao", "baocao")):
        found = recogniser.recognise(text)
        assert isinstance(found, Recognised)
        assert found.command == command


def test_without_phrases_nothing_is_recognised() -> None:
    assert Recogniser({}).recognise("xếp hạng") is None


@given(st.text(max_size=200))
def test_no_text_is_an_error(text: str) -> None:
    found = RECOGNISER.recognise(text)
    assert found is None or isinstance(found, Unsure) or found.command in PHRASES
    name = follow_up(text)
    assert name is None or name.strip() == name != ""


@given(st.sampled_from(PHRASINGS), st.sampled_from([
    "đồng chí ơi ", "em ơi, ", "cho hỏi ", "xin ", "bot ơi ",
]), st.sampled_from([
    "", " ạ", " nhé", " với ạ", "?",
]))
def test_courtesies_change_nothing(phrasing: tuple[str, str, str], before: str, after: str) -> None:
    text, command, argument = phrasing
    if not text.startswith(("giúp", "xin")):
        assert said(f"{before}{text.rstrip('?')}{after}") == (command, argument)


FOLLOW_UPS = [
    ("còn Sơn La?", "Sơn La"), ("con son la thi sao", "son la"), ("thế Cao Bằng?", "Cao Bằng"),
    ("thế còn Lai Châu", "Lai Châu"), ("vậy Điện Biên thì sao ạ", "Điện Biên"), ("Sơn La thì sao", "Sơn La"),
    ("còn tỉnh Lào Cai", "Lào Cai"), ("còn năm ngoái?", "năm ngoái"), ("the con lc", "lc"), ("Còn LC?", "LC"),
    ("con quy 2 thi sao", "quy 2"), ("what about Son La?", "Son La"), ("còn của Lạng Sơn?", "Lạng Sơn"),
    ("Đồng chí ơi, còn Sơn La?", "Sơn La"), ("thế Sơn La thì thế nào", "Sơn La"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "name"), FOLLOW_UPS)
def test_follow_up_names_what_it_asks_about(text: str, name: str) -> None:
    assert follow_up(text) == name
    assert RECOGNISER.recognise(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "", "Sơn La", "ok", "thế à", "thế thôi", "thế nào", "còn ai nữa", "còn gì không", "vậy hả", "vậy thôi nhé",
        "còn", "con cái đi học hết rồi cả nhà ơi", "thẻ đỏ", "nếu nộp chậm thì sao", "còn Sơn La " * 30, "🙂",
    ],
)  # fmt: skip
def test_other_short_texts_are_no_follow_up(text: str) -> None:
    assert follow_up(text) is None
