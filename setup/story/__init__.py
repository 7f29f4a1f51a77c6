"""The demo story, chapter by chapter. Everything in it happens through Odoo's and the suite's own methods."""
