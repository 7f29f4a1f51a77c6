"""Tell the story of the demo shop: three months of a tea shop whose customers are sent by distributors.

Fed to Odoo's shell on a database with the suite, website_sale, sale_stock, payment_demo and l10n_cn, without
Odoo's demo data: setup/odoo shell -d distribution_demo < setup/demo_story.py
"""
import sys
from pathlib import Path

from odoo.tools import file_path

# Fed through stdin there is no __file__: the suite's own addon tells where the repository is.
sys.path.insert(0, str(Path(file_path("distribution_core/__manifest__.py")).parents[1] / "setup"))

from story.tell import tell

tell(env)
