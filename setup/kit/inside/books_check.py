"""Run in Odoo's Python: books_check.py DATABASE."""
import sys

sys.path.insert(0, __file__.rpartition("/")[0])

from session import configure, environment_on

COLUMNS = ("check", "company_id", "company", "expected", "actual", "difference", "detail")


def main(database):
    configure()
    with environment_on(database) as env:
        books = env["distribution.books"]
        count, differences = len(books._get_checks()), books.check()
        env.cr.rollback()
    if not differences:
        print(f"books check: {count} checks, all equal")
        return 0
    for difference in differences:
        print("\n".join(f"{column:>10}: {difference[column]}" for column in COLUMNS) + "\n")
    print(f"books check: {count} checks, {len(differences)} differences")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
