const config = require("../../config");
const { makeKey } = require("../../utils/api");
const { formatDay, formatMoney, parseAmount } = require("../../utils/format");
const { askPerson, readRequest } = require("../../utils/payment");
const { ask } = require("../../utils/session");

const STATES = {
    requested: "待审核",
    checked: "待复核",
    approved: "已批准",
    paid: "已打款",
    refused: "已拒绝",
    failed: "失败",
    cancelled: "已取消",
    returned: "已退回",
};

/** The latest verified account; without one, what pays without an account, as WeChat does. */
function choosePayee({ accounts, channels }) {
    const [account] = accounts;
    const [channel] = channels;
    if (account || !channel) {
        return { account: account ? account.name : "", payee: {} };
    }
    return { account: channel.name, payee: { channel_id: channel.id } };
}

Component({
    data: { error: "", isBusy: false, amount: "", payable: "", obstacle: "", account: "", quote: null, withdrawals: [] },
    methods: {
        onShow() {
            return this.refresh();
        },
        async refresh() {
            try {
                const [terms, withdrawals] = await Promise.all([
                    ask("GET", "/withdrawal-terms"),
                    ask("GET", "/withdrawals?limit=20"),
                ]);
                this.setData({
                    error: "",
                    payable: formatMoney(terms.payable),
                    obstacle: terms.obstacle || "",
                    ...choosePayee(terms),
                    withdrawals: withdrawals.items.map((withdrawal) => ({
                        ...withdrawal,
                        day: formatDay(withdrawal.requested_at),
                        label: STATES[withdrawal.state] || withdrawal.state,
                        shown: formatMoney(withdrawal.amount),
                    })),
                });
            } catch (error) {
                this.setData({ error: error.message });
            }
        },
        onInput({ detail }) {
            this.key = "";      // another amount is another wish
            this.setData({ amount: detail.value, quote: null, error: "" });
        },
        /** Show what it costs, before anything is asked for. */
        async onQuote() {
            const amount = parseAmount(this.data.amount);
            if (!amount) {
                this.setData({ error: "请输入金额，例如 12.50。" });
                return;
            }
            await this.run(async () => {
                const quote = await ask("POST", "/withdrawal-quotes", { body: { amount } });
                this.setData({ quote: { ...quote, shownFee: formatMoney(quote.fee), shownNet: formatMoney(quote.net) } });
            });
        },
        async onConfirm() {
            const { quote } = this.data;
            if (!quote) {
                return;
            }
            await this.askForMessages();
            await this.run(async () => {
                this.key = this.key || makeKey();       // after an answer that did not come: the same wish
                await ask("POST", "/withdrawals", {
                    body: { amount: quote.amount.amount, fee: quote.fee.amount, ...this.data.payee },
                    headers: { "Idempotency-Key": this.key },
                });
                this.key = "";
                this.setData({ amount: "", quote: null });
                await this.refresh();
            });
        },
        /** Take money that waits for it: WeChat asks the person, and tells the server what came of it. */
        async onTake({ currentTarget }) {
            const withdrawal = this.data.withdrawals[currentTarget.dataset.index];
            const request = readRequest(
                encodeURIComponent(JSON.stringify({ kind: "transfer", params: withdrawal.confirmation || {} })));
            if (!request) {
                return;
            }
            await this.run(async () => {
                const outcome = await askPerson(request);
                if (outcome === "outdated") {
                    this.setData({ error: "微信版本过低，请升级后再收款。" });
                    return;
                }
                await this.refresh();
            });
        },
        /** Ask whether messages may come; whatever is answered, the withdrawal goes on. */
        askForMessages() {
            if (!config.templates.length || !wx.requestSubscribeMessage) {
                return Promise.resolve();
            }
            return new Promise((resolve) => {
                wx.requestSubscribeMessage({ tmplIds: config.templates.slice(0, 3), complete: resolve });
            });
        },
        async run(step) {
            if (this.data.isBusy) {
                return;
            }
            this.setData({ isBusy: true, error: "" });
            try {
                await step();
            } catch (error) {
                this.setData({ error: error.message });
            }
            this.setData({ isBusy: false });
        },
    },
});
