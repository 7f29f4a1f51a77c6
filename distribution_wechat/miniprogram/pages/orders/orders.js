const { formatDay, formatMoney } = require("../../utils/format");
const { ask } = require("../../utils/session");

const PAGE = 20;

Component({
    data: { error: "", orders: [], total: -1 },
    methods: {
        onLoad() {
            return this.load(0);
        },
        async onPullDownRefresh() {
            await this.load(0);
            wx.stopPullDownRefresh();
        },
        async onReachBottom() {
            if (this.data.orders.length < this.data.total) {
                await this.load(this.data.orders.length);
            }
        },
        async load(offset) {
            try {
                const page = await ask("GET", `/orders?limit=${PAGE}&offset=${offset}`);
                const orders = page.items.map((order) => ({
                    ...order,
                    day: formatDay(order.confirmed_at),
                    earned: formatMoney(order.earned),
                }));
                this.setData({
                    error: "",
                    total: page.total,
                    orders: offset ? [...this.data.orders, ...orders] : orders,
                });
            } catch (error) {
                this.setData({ error: error.message });
            }
        },
    },
});
