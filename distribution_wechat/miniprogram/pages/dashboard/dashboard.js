const { formatMoney } = require("../../utils/format");
const { ask } = require("../../utils/session");

const SHOWN = [
    ["pending", "待结算佣金"],
    ["available", "可结算佣金"],
    ["payable", "可提现"],
    ["reserved", "提现中"],
    ["paid", "已提现"],
];

Component({
    data: { error: "", today: "", month: "", balances: [], name: "", isHeld: false },
    methods: {
        onShow() {
            return this.refresh();
        },
        async refresh() {
            try {
                const [me, dashboard] = await Promise.all([ask("GET", "/me"), ask("GET", "/dashboard")]);
                this.setData({
                    error: "",
                    name: me.alias || me.code,
                    level: me.level ? me.level.name : "",
                    isHeld: me.is_held,
                    today: formatMoney(dashboard.today),
                    month: formatMoney(dashboard.month),
                    balances: SHOWN.map(([key, label]) => ({
                        key,
                        label,
                        amount: formatMoney(dashboard.balances[key]),
                    })),
                });
            } catch (error) {
                this.setData({ error: error.message });
            }
        },
    },
});
