"""The texts of short messages, by key.

Vendors approve a text once, with named gaps; so a message is a key and its gaps, and the
text never comes from a page. No gap ever takes a letter's token or code, a choice, or a
name: an SMS is read on locked screens. `{code}` of a sign-in or voting check is the one
secret, and such messages never lie in the outbox (see `services.messages.send_code`).
"""

from string import Formatter

CODES: dict[str, str] = {
    "sign_in": "验证码{code}，用于登录，10分钟内有效。请勿告诉他人。",
    "own_fund": "验证码{code}，用于查看您家的维修资金，10分钟内有效。请勿告诉他人。",
    "own_asking": "验证码{code}，用于在网上提问、看答复，10分钟内有效。请勿告诉他人。",
    "own_data": "验证码{code}，用于查看您的个人信息，10分钟内有效。请勿告诉他人。",
    "new_phone": "验证码{code}，用于把本号码登记为业主的手机号，10分钟内有效。请勿告诉他人。",
    "vote_check": "验证码{code}，用于{estate}业主投票的身份核对，10分钟内有效。请勿告诉他人。",
}

# What codes to one number are counted by (`services.messages.may_get_code`): what somebody can
# ask for who knows the number alone must not use up what comes after a letter's code.
COUNTED: dict[str, str] = {
    "sign_in": "sign_in",
    "own_fund": "own",
    "own_asking": "own",
    "own_data": "own",
    "new_phone": "new_phone",
    "vote_check": "vote",
}

TEXTS: dict[str, str] = {
    "session_opened": (
        "【{estate}】{title}现在可以投票，{deadline}截止。"
        "请扫纸质通知书上的二维码。咨询{phone}。"
    ),
    "session_opened_paper": (
        "【{estate}】{title}现在可以投票，{deadline}截止。"
        "请扫纸质通知书上的二维码，或交纸质表决票。咨询{phone}。"
    ),
    "three_days_left": (
        "【{estate}】{title}将于{deadline}截止，目前还没有收到您的表决票。"
        "是否参加由您决定。请用纸质通知书投票，丢失可补发，咨询{phone}。"
    ),
    "session_extended": (
        "【{estate}】{title}的投票时间延长，改到{deadline}截止。"
        "已经投的票有效，不用再投；还没有投的用原来的纸质通知书。咨询{phone}。"
    ),
    "preliminary_posted": (
        "【{estate}】{title}的初步统计结果正在公示，{deadline}以前可以提异议，请看{url}。咨询{phone}。"
    ),
    "decision_changed": "【{estate}】{title}的决定有新情况：{what}。请看{url}。咨询{phone}。",
    "result_published": "【{estate}】{title}已有结果，请看小区公告栏或{url}。咨询{phone}。",
    "ballot_recorded": (
        "【{estate}】已收到您家对{title}的表决票。"
        "如果不是您家所投，请打开{url}登记，或者马上致电{phone}。"
    ),
    "ballot_replaced": (
        "【{estate}】您家对{title}的表决票已改，以最后一次为准。"
        "如果不是您家所改，请打开{url}登记，或者马上致电{phone}。"
    ),
    "credential_replaced": (
        "【{estate}】有人用您家通知书上的12位码办理了投票核对，原二维码不再有效。"
        "如果不是您家办理，请马上致电{phone}。"
    ),
    "proxy_granted": (
        "【{estate}】您家已委托他人参加{title}的投票，您本人投票即可取代。"
        "如果不是您家委托，请马上致电{phone}。"
    ),
    "proxy_asked": (
        "【{estate}】有业主委托您参加{title}的投票。"
        "请向委托人或者工作人员领取12位码，用本手机号核对。咨询{phone}。"
    ),
    "proxy_revoked": "【{estate}】业主对您参加{title}投票的委托已经撤销。咨询{phone}。",
    "proxy_replaced": (
        "【{estate}】委托您的业主已本人对{title}投票，您代投的票不再计入。咨询{phone}。"
    ),
    "proxy_voted": (
        "【{estate}】您受托对{title}的表决票已收到。如果不是您所投，请马上致电{phone}。"
    ),
    "ballot_by_proxy": (
        "【{estate}】受托人已代您家对{title}投票，您本人投票即可取代。"
        "如果没有委托，请马上致电{phone}。"
    ),
    "ballot_assisted": (
        "【{estate}】由他人协助操作，已收到您家对{title}的表决票。"
        "如果不是您家的意思，请马上致电{phone}。"
    ),
    "letter_transferred": (
        "【{estate}】根据房屋转让材料，{title}的投票通知书改发新业主，旧的一张作废。"
        "如果没有转让，请马上致电{phone}。"
    ),
    "letter_reissued": (
        "【{estate}】您家的投票通知书已补发，旧的一张作废。如果没有申请补发，请致电{phone}。"
    ),
    "ballots_excluded": (
        "【{estate}】您家对{title}的表决票经两人裁定不计入结果。"
        "理由见投票页面“哪些房屋参加了”，有异议请致电{phone}。"
    ),
    "paper_received": (
        "【{estate}】已收到您家对{title}的纸质表决票，截止以后才拆封。"
        "如果不是您家交的，请马上致电{phone}。"
    ),
    "paper_counts": (
        "【{estate}】您家对{title}在网上和纸上都投了票，经两人决定以纸质票为准。"
        "有异议请致电{phone}。"
    ),
    "paper_not_counted": (
        "【{estate}】您家对{title}的纸质表决票经两人决定不计入。有异议请致电{phone}。"
    ),
    "objection_filed": (
        "【{estate}】已收到您对{about}的异议，编号{number}，{deadline}以前答复。咨询{phone}。"
    ),
    "ballot_disowned": (
        "【{estate}】已登记：{title}收到的票不是您家所投，编号{number}，优先处理，"
        "{deadline}以前答复。如果不是您家登记的，请马上致电{phone}。"
    ),
    "objection_answered": (
        "【{estate}】您的第{number}号异议已有答复，请看{url}。"
        "不服的，{deadline}以前可以要求裁定。咨询{phone}。"
    ),
    "objection_ruled": "【{estate}】您的第{number}号异议已由两人裁定，请看{url}。咨询{phone}。",
    "ballot_for_court": (
        "【{estate}】{court}要求打开您家对{title}的表决票。打开的内容封给法院。"
        "有疑问请致电{phone}。"
    ),
    "phone_change": (
        "【{estate}】有人申请把您登记的手机号换成尾号{tail}的号码，{when}以后生效。"
        "不是您办的，请打开{url}停止，或者马上联系业主委员会、居委会。"
    ),
    "phone_removal": (
        "【{estate}】有人申请取消您登记的手机号，{when}以后生效。"
        "不是您办的，请打开{url}停止，或者马上联系业主委员会、居委会。"
    ),
    "phone_changed": (
        "【{estate}】您登记的手机号已换成尾号{tail}的号码，本号码不再用来核对身份。"
        "不是您办的，请马上联系业主委员会、居委会。"
    ),
    "phone_removed": (
        "【{estate}】您登记的手机号已取消，本号码不再用来核对身份。"
        "不是您办的，请马上联系业主委员会、居委会。"
    ),
    "title_changed": (
        "【{estate}】名册上您家房屋的登记有变动：{what}。"
        "不是您家办的，请打开{url}查看，并马上联系业主委员会、居委会。"
    ),
    "data_answered": "【{estate}】您关于个人信息的请求已有答复，请打开{url}查看。",
    "accounts_due": "【{estate}】{what}应在{day}以前公布，还没有公布。请打开{url}办理。",
    "accounts_late": (
        "【{estate}】{what}应在{day}以前公布，已经到期，还没有公布；"
        "到{late}仍没有公布的，列入逾期清单。请打开{url}办理。"
    ),
    "answers_due": "【{estate}】业主的提问、反映有{many}件明天到期，请打开{url}答复。",
    "break_glass": (
        "管理员{who}于{time}没有经过统一身份认证，用本地账号登录了业主表决平台。"
        "如果不知情，请马上核实并停用该账号。"
    ),
    "factor_changed": (
        "您在业主表决平台的登录方式有变动：{what}。不是您操作的，请马上联系平台管理员。"
    ),
    "let_in_again": (
        "管理员已重置您在业主表决平台的密码和第二道验证，请用本手机号登录后重新设置。"
        "如果不是您要求的，请马上联系平台管理员。"
    ),
    "staff_phone": (
        "您在业主表决平台登录用的手机号已由两位管理员换成尾号{tail}的号码，这个号码不再能登录。"
        "不是您要求的，请马上联系平台管理员。"
    ),
    "reset_asked": (
        "管理员{who}申请重置{whom}的登录方式，等另一位管理员确认。"
        "如果不知情，请不要确认，并马上核实。"
    ),
    "incident": (
        "【{estate}】业主表决平台发生个人信息安全事件，可能涉及您的个人信息。"
        "原因、已采取的措施和您可以做的，请看{url}，或者致电{phone}。"
    ),
    "invited": "{inviter}请您登录业主表决平台办理“{role}”的事务。请打开{url}，用本手机号登录。",
}

# What cannot wait for the morning.
URGENT = frozenset(
    {"break_glass", "factor_changed", "let_in_again", "reset_asked", "staff_phone"}
    # Somebody has just got a household's vote into their hands.
    | {"letter_reissued", "credential_replaced"}
)


def gaps(text: str) -> set[str]:
    """The names of the gaps in a text."""
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def rendered(key: str, params: dict[str, str]) -> str:
    """The text of `key` with its gaps filled; ValueError where they do not fit exactly."""
    text = TEXTS.get(key) or CODES[key]
    if gaps(text) != set(params):
        raise ValueError(f"message {key} takes exactly {sorted(gaps(text))}")
    return text.format(**params)
