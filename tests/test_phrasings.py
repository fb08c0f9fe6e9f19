"""How officers ask, through the recogniser as the dispatcher builds it from the commands and the catalogues of all languages."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from bot.language import languages
from handlers.kit.recognise import Recognised
from handlers.listening.dispatch import Dispatcher
from handlers.registry import registry
from tests.chat import WITH_BUTTONS, ZONE, Chat
from tests.conftest import START
from tests.transcript import Player, Step

DISPATCHER = Dispatcher(registry(), languages(ZONE))

ASKED = {
    "viec": """
        hom nay lam gi | hôm nay làm gì
        việc của tôi | viec cua toi | hôm nay có việc gì | hom nay toi phai lam gi | tuần này cần làm gì | còn việc gì chưa làm
        em còn nợ báo cáo nào không ạ | toi con phai nop bao cao nao | nhiệm vụ của tôi | dau viec | công việc tuần này
        đơn vị tôi còn báo cáo nào chưa nộp | phải nộp những báo cáo nào | vieecj cuar tooi | my tasks | what is there to do today
        cho em hỏi hôm nay em có việc gì ạ
    """,
    "baocao": """
        báo cáo | nop bao cao | tôi muốn nộp báo cáo quý 3 | em gửi báo cáo 9 tháng | nhập số liệu ntm | cap nhat so lieu
        lập báo cáo tổng kết năm | bang tu cham | tự chấm điểm | bc quý 4 | nhập báo cáo | baos caos | baocao | file report
        đồng chí cho nộp báo cáo với | nộp bảng tự chấm điểm | gui so lieu quy 3 | submit a report
    """,
    "sua": """
        ghi nhầm số | em gõ nhầm | cap nhat lai so lieu
        sửa báo cáo | sua bao cao quy 3 | em nhập nhầm số liệu quý 3 | nộp nhầm báo cáo | đính chính số liệu | dieu chinh so lieu
        rút báo cáo | thu hồi báo cáo quý 3 | gửi nhầm báo cáo | sửa lại số liệu NTM01 | chinh sua bao cao | correction
        đề nghị cho sửa báo cáo 6 tháng | toi nop sai | suar baos caos
    """,
    "xephang": """
        thu tu cac tinh hien gio | thứ tự | tỉnh nào đứng thứ tư | đ/c cho biết thứ tự các tỉnh trong cụm | son la thu tu may
        đơn vị xếp cuối | ai bét | xh lao cai | vi tri cua dien bien | lạng sơn tụt hạng không | thứ tự các tỉnh
        xếp hạng | xep hang | xeps hangj lao cai | XẾP HẠNG LẠNG SƠN | bảng xếp hạng năm 2024 | bxh | lạng sơn đứng thứ mấy
        lao cai xep thu may | tỉnh mình đang hạng mấy | đơn vị nào đang dẫn đầu | ai đứng đầu | tinh nao cao nhat | tỉnh nào thấp nhất
        kết quả thi đua năm ngoái | ket qua xep hang | xep hnag son la | xếp hạng nhóm II | xếp hạng tiêu chí I.2 | thứ hạng của Sơn La
        cho em xem bảng xếp hạng với | dong chi oi lai chau xep hang may | xephang | cao bằng đứng mấy | ai đội sổ | bang tong sap
        điện biên xếp thứ bao nhiêu rồi | tỉnh nào nhất ntm01 | xem xếp hạng quý này | ranking | who leads | standings 2024
        xếp hạng trang 2 | lào cai được hạng bao nhiêu
    """,
    "diem": """
        điểm | diem cua toi | điểm của lạng sơn | lào cai được bao nhiêu điểm | son la may diem roi | tổng điểm | bảng điểm lai châu
        điểm tiêu chí I.2 | diem i.2 cua cao bang | vì sao điểm thấp | tai sao diem cua tinh toi thap | cách tính điểm tiêu chí I.1
        chi tiết điểm nhóm I | bị trừ bao nhiêu điểm | điểm thưởng | diem tru cua son la | ddieemr lajng sown | điểm năm 2024
        giải thích điểm I.5 | xem điểm của đơn vị tôi | điểm thẩm định của điện biên | score | how many points | đơn vị em mấy điểm
    """,
    "sosanh": """
        so sánh lạng sơn với cao bằng | so sanh lao cai va lai chau | so sánh với sơn la | lạng sơn với lào cai ai hơn | ls vs cb
        đối chiếu điện biên và sơn la | lạng sơn kém cao bằng bao nhiêu điểm | chenh nhau bao nhieu diem | so sánh
        so sánh ba tỉnh cao bằng, lạng sơn, sơn la | lào cai hơn lai châu mấy điểm | compare Lang Son with Cao Bang | soo sánh lai châu
        so sanh ket qua voi dien bien
    """,
    "han": """
        hạn thứ tư | han thu tu tuan sau | hạn t6
        nop bao cao ngay nao | nộp trước mấy giờ | deadline bao cao | thời gian nộp báo cáo năm | bao gio phai gui bao cao
        hạn nộp báo cáo | han nop bao cao quy 3 | hạn nộp báo cáo quý III là ngày nào | khi nào phải nộp báo cáo | bao giờ nộp báo cáo năm
        báo cáo 6 tháng nộp khi nào | còn mấy ngày nữa | con bao nhieu ngay nua het han | hạn tháng 12 | hạn thứ sáu tuần sau
        sắp đến hạn nào | hạn chót nộp bảng tự chấm | han 31/02 | hanj nopj baos caos | deadline | when is it due | thời hạn nộp hồ sơ
        đồng chí cho hỏi hạn nộp báo cáo tổng kết | chậm nhất ngày nào phải nộp | ngày cuối nộp báo cáo quý | nộp trước ngày nào
        hạn tuần này | quá hạn chưa
    """,
    "lich": """
        lịch thứ tư | lich thu tu | lịch t4 | lịch thứ 4 tuần sau | thu tu nay co gi | thu tu co hop khong | thứ tư tuần này họp gì
        khi nào kiểm tra chéo | giao ban khi nao | thang nay hop gi | ký kết giao ước khi nào
        lịch | lich tuan sau | lịch tháng 12 | bao giờ họp | khi nao hop tong ket | tuần này có gì | thứ sáu tuần sau có họp không
        hội nghị tổng kết khi nào | hop o dau | mấy giờ họp | lịch họp | lich hoi nghi thang 3 | ngày mai có hội nghị không
        sắp tới có sự kiện gì | lịch 20/3 | calendar | next meeting | lịch tháng 1 | tháng sau có cuộc họp nào không | lịch công tác
        địa điểm họp tổng kết
    """,
    "nhacnho": """
        nhắc nhở | tắt nhắc nhở | bat nhac nho | nhắc lại sáng mai | nhac toi ngay mai | nhắc việc | đừng nhắc nữa | reminders
        tắt thông báo | cài đặt nhắc nhở | turn off reminders
    """,
    "tiendo": """
        may tinh nop roi | danh sách chậm nộp | còn thiếu đơn vị nào | nhac cac don vi cham
        ai chưa nộp | ai chua nop bao cao quy 3 | tiến độ | tien do bao cao | tỉnh nào chưa nộp | lào cai đã nộp chưa | don vi nao nop cham
        còn bao nhiêu đơn vị chưa nộp | ai trễ hạn | tình hình nộp báo cáo quý 3 | những ai đã nộp | tieesn ddooj | ai đã nộp rồi
        tuyên quang nộp báo cáo chưa | danh sach don vi chua nop | who has not reported | progress | nhắc các đơn vị chưa nộp
        mấy tỉnh đã nộp báo cáo năm | lai chau nop chua
    """,
    "thongbao": """
        thông báo | thong bao | gửi thông báo | soan thong bao | ra thông báo cho các đơn vị | thông báo cho toàn cụm | thoong baos
        tôi muốn gửi thông báo cho lãnh đạo các đơn vị | gui thong bao cho lang son | thông báo đã gửi | kết quả gửi thông báo
        danh sach thong bao | broadcast | send a message | write a message
    """,
    "nguoi": """
        mời cán bộ Tuyên Quang | moi can bo lang son | danh sách cán bộ | cấp mã cho cán bộ lai châu | tạo mã tham gia
        đơn vị nào chưa tham gia | ai đã tham gia | danh ba | kết thúc nhiệm vụ đồng chí Lan | mời | invite | cán bộ đầu mối
        cap ma moi | nhân sự
    """,
    "dulieu": """
        dữ liệu của tôi | xoa du lieu cua toi | bot lưu gì về tôi | dữ liệu cá nhân | xóa thông tin của tôi | sửa họ tên | rút lại đồng ý
        my data | xóa tài khoản
    """,
    "ngonngu": "ngôn ngữ | doi ngon ngu | tiếng anh | english | đổi sang tiếng anh | chuyen sang tieng viet | change language",
    "trogiup": """
        nop bao cao nhu the nao | làm sao để sửa báo cáo | hdsd | có chức năng gì | không biết làm thế nào
        trợ giúp | giup toi voi | hướng dẫn sử dụng | bot làm được gì | lam duoc nhung gi | có những lệnh nào | cách dùng | help
        hướng dẫn cách nộp báo cáo | làm thế nào để nộp báo cáo | what can you do | tro giup | menu
    """,
    "start": "xin chào | chào đồng chí | bắt đầu | hello | alo",
    "huy": "hủy | huỷ | thoát | dừng lại | cancel",
}  # fmt: skip


def listed(text: str) -> list[str]:
    """The phrasings of a block, separated by bars and lines."""
    return [each.strip() for each in text.replace("\n", "|").split("|") if each.strip()]


PHRASINGS = [(phrase, command) for command, text in ASKED.items() for phrase in listed(text)]

TALK = """
    ok | vâng ạ | cảm ơn đồng chí | đồng ý | 🙂 | 👍👍 | ... | ? | 85 | 1.234,5 | 98,5% | -3 | 12 xã | 85 điểm | hạng 5
    không phát sinh | chưa có
    như kỳ trước | lạng sơn | quý 3 | năm 2026 | NTM01: 85 | ntm01 85, ntm02 12 | I.2 4750 | Số xã đạt chuẩn NTM: 85
    thời tiết hôm nay thế nào | chúc cả nhà ngày mới tốt lành | mật khẩu wifi là gì | em bị ốm xin nghỉ hôm nay | trời mưa to quá
    ai là cụm trưởng | bây giờ là mấy giờ | chúc mừng sinh nhật đồng chí | đường lên xã bị sạt lở | họ tên em là Lan
    Năm 2026 tỉnh đã triển khai đầy đủ các phong trào thi đua do Thủ tướng Chính phủ phát động
    Trong năm, toàn tỉnh có thêm 12 xã đạt chuẩn nông thôn mới, đạt 104,4% kế hoạch
    Tỉnh ủy đã ban hành nghị quyết về chuyển đổi số và chỉ đạo các sở, ngành thực hiện nghiêm túc
    Công tác giảm nghèo còn hạn chế do địa hình chia cắt, thiên tai xảy ra nhiều
    Giải ngân vốn đầu tư công đạt thấp, nguyên nhân do giá vật liệu tăng
    lorem ipsum dolor | see you tomorrow | how are you | lịch sử | ngân hàng | hạn hán | điểm danh | cán cân
    Mật khẩu wifi cơ quan là gì vậy | thông tin bảo mật thế nào | tổng hợp gì thế | phù hợp lúc nào
    Sở đang tổng hợp, sáng mai sẽ trình lãnh đạo ký
"""  # fmt: skip

UNITS = {
    "xeps hangj lao cai": "Lào Cai: hạng", "xep hang lc": "“lc” là đơn vị nào?", "lạng sơn đứng thứ mấy": "Lạng Sơn: hạng",
    "dong chi oi lai chau xep hang may": "Lai Châu: hạng", "thứ hạng của Sơn La": "Sơn La: hạng", "xep hang dienbien": "Điện Biên: hạng",
    "xếp hạng tỉnh Cao Bằng năm 2024": "Cao Bằng: hạng 7/7", "xếp hạng TQ": "Tuyên Quang: hạng",
    "xep hang ha giang": "Hà Giang đã sáp nhập",
    "xếp hạng xứ Lạng": "Lạng Sơn: hạng", "xếp hạng Lào cai (mới)": "Lào Cai: hạng", "xếp hạng hà nội": "không có đơn vị nào tên “hà nội”",
    "diem cua son la": "Điểm năm 2026 của Sơn La", "lào cai được bao nhiêu điểm": "Điểm năm 2026 của Lào Cai",
    "ddieemr lajng sown": "Điểm năm 2026 của Lạng Sơn", "điểm hà giang 2024": "Điểm năm 2024 của Hà Giang",
    "điểm tiêu chí I.2": "I.2, Lạng Sơn", "so sánh với sơn la": "Sơn La 405,90", "ls vs cb": "Cao Bằng 365,76",
    "hạn nộp báo cáo quý III là ngày nào": "05/10/2026", "han 31/02": "Không có ngày “31/02”", "lịch 12/3/2027": "12/03/2027",
    "xếp hạng 2019": "Chưa có bảng điểm năm 2019",
    "xếp hạng quý 3": "không xếp theo quý", "ntm quý 3 ai cao nhất": "NTM01 Số xã đạt chuẩn nông thôn mới",
    "ntm01 cua lang son": "Lạng Sơn · 23 xã", "số xã đạt chuẩn nông thôn mới của Lào Cai": "Lào Cai · 45 xã", "NTM01": "Lào Cai · 45 xã",
    "thứ sáu tuần sau": "thứ Sáu, 04/12/2026", "thu sau tuan sau": "thứ Sáu, 04/12/2026", "30/11": "Báo cáo tổng kết năm",
    "thu tu": "thứ Tư, 25/11/2026", "lịch thứ tư": "thứ Tư, 25/11/2026", "lich thu tu tuan sau": "thứ Tư, 02/12/2026",
    "T4": "thứ Tư, 25/11/2026", "hạn thứ 6": "thứ Sáu, 27/11/2026", "lịch T12": "15/12/2026", "lịch t4/2027": "30/04/2027",
    "xếp hạng ntm01 quý 1": "quý I năm 2026", "xep hang ntm01 quy mot": "quý I năm 2026", "xếp hạng ntm01 quý I": "Lào Cai · 41 xã",
    "xếp hạng ntm01 6 tháng": "6 tháng đầu năm 2026", "xep hang ntm01 sau thang": "6 tháng đầu năm 2026",
    "xếp hạng ntm01 quý 2": "6 tháng đầu năm 2026", "ntm01 9 tháng": "quý III (9 tháng) năm 2026",
    "ntm01 quý 1 của lạng sơn": "Lạng Sơn · 21 xã",
    "xếp hạng ntm01 quý trước": "quý III (9 tháng) năm 2026", "xếp hạng ntm01 quý này": "NTM01: chưa đơn vị nào có số liệu cả năm 2026",
    "xếp hạng ntm01 quý IV": "NTM01: chưa đơn vị nào có số liệu cả năm 2026",
    "xếp hạng ntm01 cả năm": "chưa đơn vị nào có số liệu cả năm 2026",
    "xếp hạng ntm01 năm ngoái": "cả năm 2025", "ntm01 quý 3 năm ngoái": "chưa đơn vị nào có số liệu quý III (9 tháng) năm 2025",
    "xếp hạng ntm01 tháng 3": "không có số liệu riêng", "xếp hạng ntm01 6 tháng cuối năm": "không có số liệu riêng",
    "so sánh ntm01 sơn la với lai châu quý 1": "Lai Châu · 9 xã", "so sánh sơn la với lai châu quý 1": "không xếp theo quý",
    "điểm quý 1": "không xếp theo quý", "điểm sơn la tháng 3": "không xếp theo quý, tháng",
    "xếp hạng nhóm II 6 tháng": "không xếp theo quý",
    "xếp hạng I.2 quý 3": "không xếp theo quý", "xếp hạng tháng 3": "không xếp theo quý",
    "so sánh ntm01 quý 1 với quý 2": "hỏi từng kỳ",
    "số xã đạt chuẩn nông thôn mới quý 1": "quý I năm 2026",
    "con may ngay nua den hoi nghi": "12/03/2027: Hội nghị tổng kết năm 2026", "còn mấy ngày nữa đến hội nghị tổng kết": "còn 109 ngày",
    "còn mấy hôm nữa thì họp sơ kết": "Chưa có lịch lần tiếp theo", "bao giờ sơ kết": "Lần gần nhất:\n08:00, thứ Sáu, 24/07/2026",
    "bao giờ tổng kết": "08:00, thứ Sáu, 12/03/2027", "hội nghị tổng kết 2025 ngày nào": "08:00, thứ Sáu, 20/03/2026",
    "hội nghị quý 3": "Không có lịch quý III (9 tháng) năm 2026", "hạn báo cáo quý": "Chưa có lịch lần tiếp theo",
    "còn mấy ngày nữa đến lễ phát động": "Lần gần nhất:\nthứ Hai, 09/02/2026", "còn mấy ngày nữa đến hạn báo cáo năm": "còn 7 ngày",
    "lịch quý 1": "Lịch từ 01/01/2027 đến 31/03/2027", "lich quy 4": "Lịch từ 01/10/2026 đến 31/12/2026",
    "lịch quý 4 năm 2025": "Lịch từ 01/10/2025 đến 31/12/2025", "lịch 6 tháng cuối năm": "Lịch từ 01/07/2026 đến 31/12/2026",
    "tiến độ tháng 10": "Báo cáo nhanh quý III", "tiến độ tháng 3": "Chưa có báo cáo nào theo “tháng 3”",
    "31/02": "Không có ngày “31/02”", "quý 3": "05/10/2026", "năm 2024": "Xếp hạng năm 2024", "1.234": "Chưa rõ.",
    "em bị ốm xin nghỉ hôm nay": "Chưa rõ.",
}  # fmt: skip
"""What an officer of Lạng Sơn types at the demo's start, and what the answer must hold."""


BARE = {
    "Lào Cai": "Lào Cai: hạng", "lao cai": "Lào Cai: hạng", "LC": "“LC” là đơn vị nào?", "ha giang": "Hà Giang đã sáp nhập",
    "lang son 2024": "Lạng Sơn: hạng 1/7",
}  # fmt: skip
"""Units alone, with no question before them."""


def recognised(text: str) -> str | None:
    found = DISPATCHER._recogniser.recognise(text)
    return found.command if isinstance(found, Recognised) else None if found is None else f"{found}"


def test_there_are_enough_phrasings() -> None:
    assert len(PHRASINGS) >= 200
    assert len({text for text, _ in PHRASINGS}) == len(PHRASINGS)


@pytest.mark.parametrize(("text", "command"), PHRASINGS)
def test_phrasing_reaches_its_command(text: str, command: str) -> None:
    assert recognised(text) == command


@pytest.mark.parametrize("text", listed(TALK))
def test_talk_figures_and_narrative_reach_none(text: str) -> None:
    assert recognised(text) is None


@pytest.mark.parametrize("text", ["xếp hạng " * 60, "🙂" * 4000, "báo cáo " + "a" * 4000])
def test_a_long_text_reaches_none(text: str) -> None:
    assert recognised(text) is None


def test_every_example_of_help_reaches_its_command() -> None:
    for language in languages(ZONE).values():
        for command in registry().commands:
            for example in command.examples:
                assert recognised(language.text(example)) == command.name


def test_the_unit_and_the_day_are_understood(sample: Path, tmp_path: Path) -> None:
    asked = {**BARE, **UNITS}
    database = Path(shutil.copy(sample, tmp_path / "cluster.sqlite3"))

    async def play() -> dict[str, str]:
        chat = Chat(database, START, WITH_BUTTONS, "testbuttons")
        await chat.open()
        try:
            player = Player(chat)
            await player.play(Step("#", "as Lan (cán bộ, Lạng Sơn)", []))
            return {text: "\n".join(await player.play(Step(">", text, []))) for text in asked}
        finally:
            await chat.close()

    answers = asyncio.run(play())
    assert {text: answers[text] for text, holds in asked.items() if holds not in answers[text]} == {}
