def post_init_hook(env):
    """Open the books: journal and accounts for companies with a chart, balances for distributors."""
    env['res.company'].search([])._distribution_setup_accounting()
    env['distribution.balance']._open(env['distribution.distributor'].search([]))
