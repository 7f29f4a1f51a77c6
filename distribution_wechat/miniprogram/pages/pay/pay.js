const { askPerson, readRequest } = require("../../utils/payment");

const WORDS = {
    done: "已提交，正在等待结果。",
    cancelled: "您取消了操作。",
    failed: "未完成，请返回重试。",
    outdated: "微信版本过低，请升级后再试。",
};

/** Opened from a web-view, which cannot pay; goes back to it when it is over. */
Component({
    data: { text: "", canRetry: false, isBusy: false },
    methods: {
        onLoad({ request }) {
            this.request = readRequest(request);
            if (!this.request) {
                this.setData({ text: "无法识别的支付请求。" });
                return null;
            }
            return this.pay();
        },
        async pay() {
            if (this.data.isBusy) {
                return;
            }
            this.setData({ isBusy: true, canRetry: false, text: "" });
            const outcome = await askPerson(this.request);
            this.setData({
                isBusy: false,
                text: WORDS[outcome],
                canRetry: outcome === "cancelled" || outcome === "failed",
            });
            if (outcome === "done") {
                wx.navigateBack();
            }
        },
        onBack() {
            wx.navigateBack();
        },
    },
});
