from odoo import api, models

# Columns by which a row can name itself, and those by which another row names it as its upline.
_KEYS = (('code', 'parent_id'), ('id', 'parent_id/id'))


class DistributionDistributor(models.Model):
    """Import of a network that exists already, by Odoo's own import.

    Imported distributors are drafts; the list's “Approve” activates them. The state cannot be imported:
    it moves through its gate alone.
    """
    _inherit = 'distribution.distributor'

    @api.model
    def load(self, fields, data):
        """Override of `base` to take the rows in any order: an upline may stand below its team in the file.

        All or nothing, whatever the number of rows.
        """
        if 'state' in fields:
            return self._get_import_refusal(range(len(data)), self.env._(
                "The state cannot be imported. Imported distributors are drafts: approve them in the list."), 'state')
        data = self._clean_codes(fields, data)
        order, loop = self._sort_rows(fields, data)
        if loop:
            return self._get_import_refusal(loop, self.env._(
                "These rows stand above each other in a circle: %s",
                ", ".join(data[position][fields.index(self._get_keys(fields)[0][0])] for position in loop)), 'parent_id')
        network = self.with_context(_import_limit=None)     # The whole file at once: it refers to itself.
        result = super(DistributionDistributor, network).load(fields, [data[position] for position in order])
        return self._restore_order(result, order)

    # === GETTERS === #

    @api.model
    def _get_keys(self, fields):
        return [(own, upline) for own, upline in _KEYS if own in fields and upline in fields]

    @api.model
    def _clean_codes(self, fields, data):
        """Return the rows with codes as they are kept, so that an upline is found by its code however it is typed."""
        def clean(value):
            return value.strip().upper() if isinstance(value, str) else value

        def column(name):
            return {clean(row[fields.index(name)]) for row in data} if name in fields else set()

        known = column('code') | set(self.search([('code', 'in', list(column('parent_id')))]).mapped('code'))
        return [
            [
                clean(value) if field == 'code' or field == 'parent_id' and clean(value) in known else value
                for field, value in zip(fields, row, strict=False)
            ]
            for row in data
        ]

    @api.model
    def _sort_rows(self, fields, data):
        """Return the positions of the rows, uplines first, and of those that have no such order."""
        above = self._get_rows_above(fields, data)
        placed, order = set(), []
        for start in range(len(data)):
            path, position = [], start
            while position is not None and position not in placed:
                if position in path:
                    return [], path[path.index(position):]
                path.append(position)
                position = above.get(position)
            placed.update(path)
            order.extend(reversed(path))
        return order, []

    @api.model
    def _get_rows_above(self, fields, data):
        """Return, by the position of a row, that of its upline's row in the same file."""
        above = {}
        for own, upline in self._get_keys(fields):
            own_column, upline_column = fields.index(own), fields.index(upline)
            positions = {row[own_column]: position for position, row in enumerate(data) if row[own_column]}
            above |= {
                position: positions[row[upline_column]]
                for position, row in enumerate(data) if row[upline_column] in positions
            }
        return above

    @api.model
    def _get_import_refusal(self, positions, message, field):
        first, last = min(positions, default=0), max(positions, default=0)
        return {'ids': False, 'nextrow': 0, 'messages': [{
            'type': 'error', 'message': message, 'field': field, 'record': first,
            'rows': {'from': first, 'to': last},
        }]}

    @api.model
    def _restore_order(self, result, order):
        """Return what `load` answered in the order of the file."""
        for message in result['messages']:
            if 'rows' in message:
                position = order[message['rows']['from']]
                message.update(record=position, rows={'from': position, 'to': position})
        if result['ids'] and len(result['ids']) == len(order):
            by_position = dict(zip(order, result['ids'], strict=True))
            result['ids'] = [by_position[position] for position in sorted(order)]
        return result
