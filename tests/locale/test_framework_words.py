"""What Django says of a form that was filled in wrongly, in Chinese a clerk understands."""

from __future__ import annotations

import pytest
from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.translation import override


class Anything(forms.Form):
    text = forms.CharField(max_length=5, min_length=2)
    number = forms.IntegerField(min_value=1, max_value=9)
    choice = forms.ChoiceField(choices=[("a", "甲")])
    day = forms.DateField()
    file = forms.FileField()


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("text", "一二三四五六", "最多5个字，现在是6个字，请写短一些。"),
        ("text", "一", "至少2个字，现在是1个字，请补充。"),
        ("text", "一\0二", "里面有不能显示的字符，请删去以后重新填写。"),
        ("text", "", "这一项必须填写。"),
        ("number", "0", "不能小于1，请核对。"),
        ("number", "10", "不能大于9，请核对。"),
        ("number", "x", "请填写整数。"),
        ("choice", "b", "“b”不在可以选的里面，请重新选择。"),
        ("day", "x", "这不是一个日期，请照 2026-01-31 这样填写。"),
        ("file", "", "这一项必须填写。"),
    ],
)
def test_every_form_says_it_plainly(field: str, typed: str, said: str) -> None:
    with override("zh-hans"):
        form = Anything({field: typed})
        assert list(form.errors[field]) == [said]


def test_an_empty_file() -> None:
    with override("zh-hans"):
        form = Anything({}, {"file": SimpleUploadedFile("a.jpg", b"")})
        assert list(form.errors["file"]) == ["这个文件是空的，请重新选择。"]
