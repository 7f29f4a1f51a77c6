import { loadBundle } from "@web/core/assets";
import { registry } from "@web/core/registry";
import { Interaction } from "@web/public/interaction";

const HEIGHT_PX = 160;

/**
 * Draws what was earned on each of the last days. The numbers stand in a table below as well, so nothing is
 * missing where this does not run.
 */
export class EarningsChart extends Interaction {
    static selector = ".o_distribution_chart";

    async willStart() {
        await loadBundle("web.chartjs_lib");
    }

    start() {
        const canvas = this.el.querySelector("canvas");
        canvas.classList.remove("d-none");
        this.el.style.height = `${HEIGHT_PX}px`;
        const chart = new Chart(canvas, this.getConfig(JSON.parse(this.el.dataset.points)));
        this.registerCleanup(() => chart.destroy());
    }

    /**
     * @param {{day: string, amount: number}[]} points
     * @returns {Object} as Chart.js takes it
     */
    getConfig(points) {
        const style = getComputedStyle(this.el);
        const money = new Intl.NumberFormat(document.documentElement.lang || undefined, {
            style: "currency",
            currency: this.el.dataset.currency,
        });
        return {
            type: "bar",
            data: {
                labels: points.map((point) => point.day),
                datasets: [
                    {
                        data: points.map((point) => point.amount),
                        backgroundColor: style.getPropertyValue("--primary") || style.color,
                    },
                ],
            },
            options: {
                animation: false,
                maintainAspectRatio: false,
                plugins: {
                    legend: { display: false },
                    tooltip: { callbacks: { label: (item) => money.format(item.raw) } },
                },
                scales: {
                    x: { grid: { display: false }, ticks: { color: style.color, maxTicksLimit: 6, maxRotation: 0 } },
                    y: { beginAtZero: true, ticks: { color: style.color, maxTicksLimit: 4 } },
                },
            },
        };
    }
}

registry.category("public.interactions").add("distribution_portal.earnings_chart", EarningsChart);
