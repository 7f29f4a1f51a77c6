"""What the commands in setup/ are made of. Standard library only, psycopg2 apart (see `databases`)."""
