def post_init_hook(env):
    """Open the books: journal and accounts for companies with a chart, balances for distributors."""
    env['res.company'].search([])._distribution_setup_accounting()
    env['distribution.balance']._open(env['distribution.distributor'].search([('balance_ids', '=', False)]))


def uninstall_hook(env):
    """Take the guard of the ledger away with the ledger."""
    env.cr.execute("DROP FUNCTION IF EXISTS distribution_transfer_guard() CASCADE")
