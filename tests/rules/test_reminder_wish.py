"""What is wished about reminders: only an order for all of them switches all of them."""

from __future__ import annotations

import pytest

from handlers.rules.reminder_wish import read_wish

WISHES = {
    "off": """
        tắt nhắc | tat nhac | đừng nhắc nữa | đừng nhắc tôi nữa | tắt hết nhắc nhở | tắt tất cả thông báo | ngừng nhắc | dừng nhắc
        không cần nhắc nữa | /nhacnho off | /nhacnho tắt | off | turn off reminders | stop reminders | thôi đừng nhắc em nữa ạ
        tắt toàn bộ lời nhắc | đồng chí vui lòng tắt nhắc nhở | bot đừng gửi nhắc nhở cho tôi nữa | tắt chế độ nhắc việc
        tắt thông báo | không nhận lời nhắc nữa
    """,
    "on": """
        bật nhắc | bat nhac nho | bật lại nhắc | turn on reminders | on | bật nhắc việc cho tôi | mở nhắc nhở
    """,
    "part": """
        đừng nhắc tôi buổi tối nữa | dung nhac toi buoi toi nua | tối đừng nhắc nữa | đừng nhắc sau 20h | đừng nhắc báo cáo quý nữa
        tắt nhắc chủ nhật | tắt nhắc cuối tuần | tạm tắt nhắc | tắt nhắc đến thứ hai | chỉ nhắc buổi sáng thôi
        đừng nhắc nếu đã nộp | không nhắc hội nghị nữa | tắt nhắc trên zalo | đừng tắt nhắc | không tắt nhắc | tắt nhắc hôm nay
        đừng nhắc tôi lúc họp | nhắc ít thôi | tắt bớt nhắc | đừng nhắc nhiều thế | bật nhắc buổi sáng
        stop reminding me in the evening | đừng nhắc trước 7 ngày | tắt nhắc báo cáo năm | đừng nhắc ban đêm | tắt nhắc 2 ngày
        đừng nhắc mỗi ngày
    """,
    "show": """
        nhắc nhở | sao không nhắc tôi | sao bot không nhắc | có nhắc không | nhắc nhở có đang bật không | tắt nhắc chưa
        đã tắt nhắc chưa | tắt nhắc được không | tắt nhắc? | reminders | nhắc việc | làm thế nào để tắt nhắc
        vì sao không thấy nhắc | nhắc toi ngay mai
    """,
}
CASES = [(text.strip(), wish) for wish, block in WISHES.items() for text in block.replace("\n", "|").split("|") if text.strip()]


@pytest.mark.parametrize(("text", "wish"), CASES)
def test_what_is_wished(text: str, wish: str) -> None:
    assert read_wish(text) == wish
