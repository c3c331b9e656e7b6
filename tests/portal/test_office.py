"""What bureaus take away, opened by another program than the one that wrote it."""

from __future__ import annotations

import io
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from committees.domain.estate_register import HEADER
from registry.models import Authority
from tests.committees.city import city, line, write
from tests.portal.test_registers import at_desk

pytestmark = [pytest.mark.django_db, pytest.mark.office]
Opened = Callable[[bytes], Worksheet]


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    """The first sheet as LibreOffice reads it and writes it anew."""

    def convert(content: bytes) -> Worksheet:
        (tmp_path / "in").mkdir()
        (tmp_path / "in" / "file.xlsx").write_bytes(content)
        subprocess.run(
            [
                shutil.which("soffice") or "soffice",
                f"-env:UserInstallation=file://{tmp_path}/profile",
                "--headless",
                "--convert-to",
                "xlsx:Calc MS Excel 2007 XML",
                "--outdir",
                str(tmp_path / "out"),
                str(tmp_path / "in" / "file.xlsx"),
            ],
            check=True,
            capture_output=True,
            timeout=120,
        )
        sheet = load_workbook(io.BytesIO((tmp_path / "out" / "file.xlsx").read_bytes())).active
        assert isinstance(sheet, Worksheet)
        return sheet

    return convert


def rows(sheet: Worksheet) -> list[list[str]]:
    """Every cell as its text; empty ones as ""."""
    return [
        ["" if cell.value is None else str(cell.value) for cell in row]
        for row in sheet.iter_rows()
    ]


def taken(client: Client, name: str, *args: object, **asked: object) -> bytes:
    answer = client.get(reverse(f"staff:{name}", args=args), asked)
    assert answer.status_code == 200
    return answer.content


@pytest.fixture
def bureau() -> Authority:
    return city()


def test_annex_one_cell_by_cell(bureau: Authority, opened: Opened) -> None:
    write(
        bureau,
        line("东苑", small="东苑一期、东苑二期", formed="1", party="3", rate="85.3%"),
        line("=1+1", "西区、西2街道、西22社区", service="5", formed="2", manager="=2+2"),
        line("新城", "西区、高新区、高新社区", formed="3", rate="100%"),
    )
    found = rows(opened(taken(at_desk(bureau), "register_xlsx")))
    # As 建物发〔2023〕300号 annex 1 prints it, copied from the paper.
    assert found[1] == [
        "序号", "物业管理区域名称", "小区名称", "所在市县(区)、街道、社区", "四至范围",
        "物业服务形态", "业主委员会组建情况", "党的工作覆盖情况", "物业服务企业及项目负责人",
        "物业费收缴率",
    ] == list(HEADER)  # fmt: skip
    assert found[0][0] == "住宅物业管理区域信息台账"
    assert found[2:5] == [
        ["1", "东苑", "东苑一期、东苑二期", "样例市东区、东1街道、东11社区居委会", "东至一路",
         "1", "1", "3", "样例物业", "85.3%"],
        ["2", "=1+1", "", "样例市西区、西2街道、西22社区居委会", "东至一路",
         "5", "2", "5", "=2+2", ""],
        ["3", "新城", "", "样例市西区、高新区、高新社区居委会", "东至一路",
         "1", "3", "5", "样例物业", "100%"],
    ]  # fmt: skip
    assert "1. 专业化物业服务" in found[5][0] or "1. 专业化物业服务" in "".join(found[-1])
