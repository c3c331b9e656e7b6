"""What Django says of a form that was filled in wrongly, in Chinese a clerk understands."""

from __future__ import annotations

import pytest
from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import (
    get_default_password_validators,
    password_validators_help_texts,
    validate_password,
)
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.translation import override

from accounts.models import User


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


def refusals(password: str) -> list[str]:
    with override("zh-hans"), pytest.raises(ValidationError) as refused:
        validate_password(password, User(username="zhangwei"))
    return refused.value.messages


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("m7槐k2", "密码太短，至少要10个字符，请加长。"),
        ("zhangwei12", "密码和您的用户名太像，请换一个。"),
        ("qwertyuiop", "很多人用这个密码，容易猜到，请换一个。"),
        (
            "Yishi-admin-2026",
            "密码不能只是平台、角色或者单位的名字加数字，请换成别人想不到的一句话。",
        ),
    ],
)
def test_a_refused_password_is_told_in_one_language(password: str, said: str) -> None:
    assert refusals(password) == [said]


def test_what_a_password_must_be_stands_in_the_same_words_for_every_rule() -> None:
    with override("zh-hans"):
        told = password_validators_help_texts()
    assert len(told) == len(settings.AUTH_PASSWORD_VALIDATORS)
    assert len(told) == len(get_default_password_validators()) == 5
    for sentence in told:
        assert not [letter for letter in sentence if letter.isascii() and letter.isalpha()]
        assert "你" not in sentence


def test_in_english_it_stays_english() -> None:
    with override("en"), pytest.raises(ValidationError) as refused:
        validate_password("m7槐k2")
    [sentence] = refused.value.messages
    assert sentence == "This password is too short. It must contain at least 10 characters."
