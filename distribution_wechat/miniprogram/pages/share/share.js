const { formatMoney } = require("../../utils/format");
const { ask } = require("../../utils/session");

const HOME = "/pages/dashboard/dashboard";

Component({
    data: { error: "", code: "", url: "", products: [], isEmpty: false },
    methods: {
        async onLoad() {
            try {
                const [me, products] = await Promise.all([ask("GET", "/me"), ask("GET", "/products?limit=50")]);
                this.setData({
                    error: "",
                    code: me.code,
                    url: me.referral_url,
                    isEmpty: !products.items.length,
                    products: products.items.map((product) => ({
                        ...product,
                        price: formatMoney(product.price),
                        earned: formatMoney(product.earned),
                    })),
                });
            } catch (error) {
                this.setData({ error: error.message });
            }
        },
        /** What others see: the page with the code of who shares it. Nothing is promised for sharing. */
        onShareAppMessage({ target } = {}) {
            const product = target ? this.data.products[target.dataset.index] : null;
            if (!product) {
                return { title: "好物推荐", path: `${HOME}?s=${this.data.code}` };
            }
            return {
                title: product.phrase || product.name,
                path: `/pages/web/web?s=${this.data.code}&path=${encodeURIComponent(this.getPath(product.url))}`,
            };
        },
        getPath(url) {
            return url.replace(/^https?:\/\/[^/]+/, "") || "/";
        },
        onCopy({ currentTarget }) {
            const { index } = currentTarget.dataset;
            wx.setClipboardData({ data: index === undefined ? this.data.url : this.data.products[index].url });
        },
        onPoster() {
            wx.navigateTo({ url: "/pages/poster/poster" });
        },
    },
});
