def uninstall_hook(env):
    """Take away what the database was taught: the guard of the privacy log, and how claims are read."""
    env.cr.execute("DROP FUNCTION IF EXISTS distribution_privacy_log_guard() CASCADE")
    env.cr.execute("DROP FUNCTION IF EXISTS distribution_get_claims(int[], timestamp[], timestamp, date)")
