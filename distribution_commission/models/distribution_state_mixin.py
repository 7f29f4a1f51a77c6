from odoo import api, models
from odoo.exceptions import UserError


class DistributionStateMixin(models.AbstractModel):
    """The one gate through which states change: forward only."""
    _name = 'distribution.state.mixin'
    _description = "State behind a Gate"

    # === CRUD METHODS === #

    def write(self, vals):
        """Refuse what only the gate and the buttons set, whatever the rights of the user."""
        if not self.env.su and self._get_gate_fields() & set(vals):
            self.check_access('write')
            raise UserError(self.env._("This is set by its buttons only."))
        return super().write(vals)

    # === BUSINESS METHODS === #

    def _update_state(self, allowed_states, target_state):
        """Move to a state, under the row's lock, and write it at once.

        :param tuple[str] allowed_states:
        :param str target_state:
        :return: Whether the state changed; being there already is no error.
        :rtype: bool
        :raise UserError: from a state that is not allowed.
        """
        self.ensure_one()
        self.lock_for_update()
        self.invalidate_recordset(['state'])
        if self.state == target_state:
            return False
        if self.state not in allowed_states:
            labels = dict(self._fields['state']._description_selection(self.env))
            raise UserError(self.env._(
                "%(record)s is “%(state)s” and cannot become “%(target)s” any more.",
                record=self.display_name, state=labels[self.state], target=labels[target_state]))
        self.sudo().state = target_state
        self.flush_recordset(['state'])
        return True

    def _update_states(self, allowed_states, target_state):
        """Move those of many records that are in one of the states, in one statement; the others stay.

        :param tuple[str] allowed_states:
        :param str target_state:
        :return: Those that moved.
        """
        locked = self.try_lock_for_update()
        locked.invalidate_recordset(['state'])
        movable = locked.filtered(lambda record: record.state in allowed_states)
        movable.write({'state': target_state})
        movable.flush_recordset(['state'])
        return movable

    # === GETTERS === #

    @api.model
    def _get_gate_fields(self):
        """Hook: return the fields that nobody writes but the gate; the read-only ones."""
        return {name for name, field in self._fields.items() if field.readonly}

    @api.model
    def _without_gate_fields(self, vals):
        """Return the values of a record that begins where all begin, whatever the caller says about it.

        :rtype: dict
        """
        return {name: value for name, value in vals.items() if name not in self._get_gate_fields()}
