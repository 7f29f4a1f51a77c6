# What no text that recruits may promise: income as such, income without work, income from people.
# Advertising law (art. 25, 28), direct selling (art. 14), and the reasons platforms name when they close an account.
INCOME_CLAIMS = (
    '躺赚', '躺着赚', '保底', '稳赚', '包赚', '只赚不赔', '零风险', '无风险', '月入过万', '月入', '日入', '年入百万',
    '日赚', '暴利', '暴富', '财富自由', '财务自由', '睡后收入', '被动收入', '管道收入', '裂变', '团队收益', '团队计酬',
    '拉人头', '人头费', '一夜致富', '轻松赚钱', '保本', '高额回报', '原始股',
    'guaranteed income', 'guaranteed earnings', 'passive income', 'get rich', 'financial freedom', 'risk-free',
    'risk free', 'no risk', 'easy money', 'quick money', 'make money while you sleep', 'earn while you sleep',
    'unlimited income', 'unlimited earnings', 'quit your job', 'six-figure', 'team earnings', 'team income',
    'recruitment bonus', 'headhunting bonus',
)
# A text may say that something is *not* promised; these words right before a claim make it a denial.
DENIALS = ('不', '非', '无', '没有', '不承诺', '不保证', '禁止', '严禁', '不得', 'no ', 'not ', 'never ', 'without ')


def find_claims(text):
    """Return the income claims that a text makes, in the order of the list.

    A claim that is denied or forbidden right before (“no guaranteed income”, “不承诺保底”) is none.
    Width, case and the spaces and marks that are put between characters do not hide one.

    :param str text: Plain text.
    :rtype: list[str]
    """
    plain = _plain(text)
    packed = ''.join(character for character in plain if character.isalnum())
    return [
        claim for claim in INCOME_CLAIMS
        if _is_claimed(plain if claim.isascii() else packed, claim)
    ]


def _plain(text):
    """Lower case, half width, single spaces."""
    narrow = ''.join(
        chr(ord(character) - 0xFEE0) if '！' <= character <= '～' else character for character in text or '')
    return ' '.join(narrow.lower().split())


def _is_claimed(text, claim):
    start = text.find(claim)
    while start >= 0:
        if not text[:start].endswith(DENIALS):
            return True
        start = text.find(claim, start + 1)
    return False
