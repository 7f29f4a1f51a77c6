from odoo import api, models

from odoo.addons.distribution_commission.models.distribution_event import BATCH_SIZE

# So many jobs wait at most, also where nobody runs them.
_JOBS_AT_MOST = 64


class DistributionEvent(models.Model):
    _inherit = 'distribution.event'

    @api.model
    def _cron_process(self):
        """Override of `distribution_commission` to let others help with what is more than a batch."""
        if self._enqueue():
            # They begin once this is committed; then the cron is one worker among them.
            self.env['ir.cron']._commit_progress(remaining=self._count_remaining())
        super()._cron_process()

    @api.model
    def _enqueue(self):
        """Make a job for each batch of marks but the first, which is the cron's own.

        A job names no marks: it takes what nobody else holds, as the cron does, so that none is lost with a
        job and none is worked on twice. Its identity is its number: one that still waits is not made again.

        :return: For how many batches there is a job.
        :rtype: int
        """
        batches = -(-self._count_remaining() // BATCH_SIZE)
        jobs = range(1, min(batches, _JOBS_AT_MOST + 1))
        for number in jobs:
            self.with_delay(
                identity_key=f'{self._name}/{number}',
                description=self.env._("Distribution: bring commissions up to date (%s)", number),
            )._process(BATCH_SIZE)
        return len(jobs)
