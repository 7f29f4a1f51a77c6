def uninstall_hook(env):
    """Take the guard of the privacy log away with the log."""
    env.cr.execute("DROP FUNCTION IF EXISTS distribution_privacy_log_guard() CASCADE")
