const config = require("../../config");
const { TOKEN } = require("../../utils/api");
const { ask } = require("../../utils/session");

Component({
    data: { error: "", picture: "", name: "", company: "" },
    methods: {
        async onLoad() {
            try {
                const me = await ask("GET", "/me");      // a fresh token, if need be
                this.setData({ name: me.alias || me.code, company: me.company });
                this.setData({ picture: await this.download() });
            } catch (error) {
                this.setData({ error: error.message });
            }
        },
        download() {
            return new Promise((resolve, reject) => {
                wx.downloadFile({
                    url: `${config.site}/distribution/api/v1/wechat/code`,
                    header: { Authorization: `Bearer ${wx.getStorageSync(TOKEN)}` },
                    success: ({ statusCode, tempFilePath }) =>
                        statusCode === 200 ? resolve(tempFilePath) : reject(new Error("小程序码生成失败，请稍后再试。")),
                    fail: () => reject(new Error("网络不给力，请稍后再试。")),
                });
            });
        },
        onSave() {
            wx.saveImageToPhotosAlbum({
                filePath: this.data.picture,
                success: () => wx.showToast({ title: "已保存" }),
                fail: ({ errMsg = "" }) => {
                    if (!/cancel/.test(errMsg)) {
                        this.setData({ error: "无法保存：请在设置中允许使用相册。" });
                    }
                },
            });
        },
    },
});
