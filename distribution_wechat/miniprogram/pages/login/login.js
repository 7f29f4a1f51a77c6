const { logIn } = require("../../utils/session");

Component({
    data: { isBusy: false, error: "", isStranger: false },
    methods: {
        /** The button that asks for the phone number; whoever says no logs in without. */
        async onPhone({ detail }) {
            await this.logIn(detail.code);
        },
        async onLogin() {
            await this.logIn();
        },
        async logIn(phoneCode) {
            if (this.data.isBusy) {
                return;
            }
            this.setData({ isBusy: true, error: "" });
            try {
                const { token } = await logIn(phoneCode);
                if (token) {
                    wx.switchTab({ url: "/pages/dashboard/dashboard" });
                }
                this.setData({ isStranger: !token });
            } catch (error) {
                this.setData({ error: error.message });
            }
            this.setData({ isBusy: false });
        },
        onApply() {
            wx.navigateTo({ url: `/pages/web/web?path=${encodeURIComponent("/distribution/apply")}` });
        },
    },
});
