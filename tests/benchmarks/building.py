"""Volume for benchmarks: rows are copied by SQL, one made by Odoo being the pattern."""
import os
import time

from odoo import Command
from odoo.tools import SQL


def processor_seconds(env):
    """Seconds of the processor so far, here and in the process of the database: what else runs does not count."""
    [(backend,)] = env.execute_query(SQL("SELECT pg_backend_pid()"))
    with open(f"/proc/{backend}/stat", encoding="ascii") as stat:
        ticks = stat.read().rpartition(")")[2].split()
    return time.process_time() + (int(ticks[11]) + int(ticks[12])) / os.sysconf("SC_CLK_TCK")


def activate_plan(env, *rates):
    """Put a plan in force that pays these percentages, one for each tier."""
    policy = env["distribution.policy"]._get_in_force(env.company)
    policy.write({"notice_days": 0, "plan_second_person": False})
    if len(rates) > 1:
        policy.action_sign_tier2()
    version = env["distribution.plan"].create({"name": "Standard"})._get_latest_version()
    version.write({"rule_ids": [
        Command.clear(), *(Command.create({"tier": tier, "rate": rate}) for tier, rate in enumerate(rates, start=1))]})
    version.action_activate()


def create_distributor(env, name, upline=None):
    distributor = env["distribution.distributor"].create({
        "partner_id": env["res.partner"].create({"name": name}).id, "parent_id": upline and upline.id})
    distributor._set_active()
    return distributor


def commit_and_analyze(env):
    env.cr.execute(SQL("ANALYZE"))
    env.cr.commit()
    env.invalidate_all()


def copies(env, record, count, **expressions):
    """Insert copies of a record's row, differing in some columns; `s.i` counts from 1.

    :return: The id of the first one; the others follow.
    :rtype: int
    """
    env.flush_all()
    table, first = record._table, next_id(env, record._table)
    columns = [name for name, in env.execute_query(SQL(
        "SELECT column_name FROM information_schema.columns"
        " WHERE table_schema = 'public' AND table_name = %s AND column_name <> 'id' AND is_generated = 'NEVER'", table))]
    env.cr.execute(SQL(
        "INSERT INTO %s (id, %s) SELECT %s + s.i - 1, %s FROM %s t, generate_series(1, %s) AS s(i) WHERE t.id = %s",
        SQL.identifier(table), SQL(", ").join(map(SQL.identifier, columns)), first,
        SQL(", ").join(expressions.get(name) or SQL.identifier("t", name) for name in columns),
        SQL.identifier(table), count, record.id))
    env.cr.execute(SQL("SELECT setval(%s, %s)", f"{table}_id_seq", first + count))
    env.invalidate_all()
    return first


def next_id(env, table):
    [(highest,)] = env.execute_query(SQL("SELECT COALESCE(MAX(id), 0) + 1 FROM %s", SQL.identifier(table)))
    return highest


def point_to_itself(env, table, column, first, count):
    env.cr.execute(SQL(
        "UPDATE %s SET %s = id WHERE id >= %s AND id < %s",
        SQL.identifier(table), SQL.identifier(column), first, first + count))
