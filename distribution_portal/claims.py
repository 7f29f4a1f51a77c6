from odoo.exceptions import ValidationError

from odoo.addons.distribution_core.compliance import find_claims


def check_claims(env, *texts):
    """Refuse texts that promise income (R23): distributors pass them on in the company's name.

    :param Iterable[str|bool] texts: Plain texts.
    :raise ValidationError: naming the claims.
    """
    claims = dict.fromkeys(claim for text in texts for claim in find_claims(text or ''))
    if claims:
        raise ValidationError(env._("A text to be shared does not promise income: %s", ", ".join(claims)))
