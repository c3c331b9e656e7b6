"""Problems that the rows here can prove, with the numbers and words of the city's register.

《住宅物业服务问题整治工作台账》, notes for filling in; a place may add numbers above 22.
"""

NOT_APART, NOT_OPEN, NOT_DILIGENT = 16, 18, 22
ITEMS = {
    NOT_APART: "住宅小区公共收益未单独列账、定期公示。",
    NOT_OPEN: (
        "物业服务企业执行“三公开”制度不到位，未将物业服务价格、内容及标准、投诉渠道及方式、"
        "公共部位收益收支情况等信息在物业管理区域显著位置公示并及时更新。"
    ),
    NOT_DILIGENT: "有关单位、业委会履职不到位等。",
}
