const assert = require("node:assert/strict");
const { describe, it } = require("node:test");
const { open } = require("./harness.cjs");
const { installWx, money, settle } = require("./phone.cjs");

const ME = {
    code: "MEI888", alias: null, company: "茶铺", level: { name: "金牌" }, is_held: false,
    referral_url: "https://shop.example.com/d/MEI888",
};
const BALANCES = {
    pending: money("10.00"), available: money("0.00"), payable: money("30.00"), reserved: money("0.00"), paid: money("5.00"),
};
const TERMS = { payable: money("30.00"), obstacle: null, accounts: [{ id: 1, name: "工商银行 0001" }], channels: [] };
const WITHDRAWAL = {
    id: 7, number: "W00007", requested_at: "2026-03-01T04:00:00Z", state: "approved", amount: money("12.00"), reason: null,
};
const page = (...items) => ({ items, total: items.length, limit: 20, offset: 0 });

describe("dashboard", () => {
    it("shows what was earned", async () => {
        installWx({
            "GET /me": ME, "GET /dashboard": { balances: BALANCES, today: money("3.00"), month: money("1234.50") },
        });
        const shown = (await open("dashboard")).text();
        for (const text of ["MEI888", "金牌", "¥3.00", "¥1,234.50", "可提现¥30.00", "已提现¥5.00"]) {
            assert.ok(shown.includes(text), `${text} in ${shown}`);
        }
    });
    it("says so when there is no network, and when something is under review", async () => {
        installWx({ "GET /me": ME });
        assert.ok((await open("dashboard")).text().includes("网络不给力"));
        installWx({
            "GET /me": { ...ME, is_held: true },
            "GET /dashboard": { balances: BALANCES, today: money("0.00"), month: money("0.00") },
        });
        assert.ok((await open("dashboard")).text().includes("正在核查"));
    });
});

describe("login", () => {
    it("goes on as a distributor", async () => {
        const phone = installWx({ "POST /wechat/token": [201, { token: "T1" }] });
        await (await open("login")).tap(".plain");
        assert.deepEqual(phone.visited, ["/pages/dashboard/dashboard"]);
    });
    it("sends the code of the phone number, and goes on without one", async () => {
        const phone = installWx({ "POST /wechat/token": [201, { token: null }] });
        const login = await open("login");
        await login.instance.onPhone({ detail: { code: "P1" } });
        await login.instance.onPhone({ detail: { errMsg: "getPhoneNumber:fail user deny" } });
        assert.deepEqual(phone.requests.map(({ data }) => data.phone_code), ["P1", undefined]);
        assert.ok(login.has(".apply"));
        await login.tap(".apply");
        assert.deepEqual(phone.visited, ["/pages/web/web?path=%2Fdistribution%2Fapply"]);
    });
    it("asks once, however often it is tapped", async () => {
        const phone = installWx({ "POST /wechat/token": [201, { token: "T1" }] });
        const login = await open("login");
        await Promise.all([login.instance.onLogin(), login.instance.onLogin()]);
        assert.equal(phone.requests.length, 1);
    });
});

describe("share", () => {
    const PRODUCT = {
        id: 1, name: "龙井", phrase: "明前新茶", price: money("100.00"), earned: money("10.00"),
        url: "https://shop.example.com/d/MEI888?to=/shop/1",
    };
    const answers = { "GET /me": ME, "GET /products": page(PRODUCT) };
    it("shares a product under the own code, and promises nothing", async () => {
        const phone = installWx(answers);
        const share = await open("share");
        assert.ok(share.text().includes("¥10.00"));
        assert.deepEqual(share.instance.onShareAppMessage({ target: { dataset: { index: 0 } } }), {
            title: "明前新茶", path: `/pages/web/web?s=MEI888&path=${encodeURIComponent("/d/MEI888?to=/shop/1")}`,
        });
        assert.deepEqual(share.instance.onShareAppMessage(), {
            title: "好物推荐", path: "/pages/dashboard/dashboard?s=MEI888",
        });
        await share.tap(".copy");
        assert.equal(phone.clipboard, ME.referral_url);
    });
    it("says when there is nothing to share", async () => {
        installWx({ ...answers, "GET /products": page() });
        assert.ok((await open("share")).text().includes("暂时没有可推广的商品"));
    });
});

describe("poster", () => {
    it("shows the code of the mini program", async () => {
        let asked;
        const phone = installWx({ "GET /me": ME }, {
            downloadFile: (call) => { asked = call; call.success({ statusCode: 200, tempFilePath: "wxfile://code.png" }); },
        });
        phone.stored.distribution_token = "T1";
        const poster = await open("poster");
        assert.equal(asked.header.Authorization, "Bearer T1");
        assert.ok(poster.has(".code"));
    });
    it("says when there is none", async () => {
        installWx({ "GET /me": ME }, { downloadFile: ({ success }) => success({ statusCode: 404 }) });
        const poster = await open("poster");
        assert.ok(poster.text().includes("生成失败"));
        assert.ok(!poster.has(".code"));
    });
});

describe("orders", () => {
    const order = (number) => ({
        order: `S0000${number}`, confirmed_at: "2026-03-01T04:00:00Z", is_cancelled: number === 2, earned: money("10.00"),
    });
    it("shows them page by page", async () => {
        const phone = installWx({
            "GET /orders": ({ place }) => ({ items: place.endsWith("offset=0") ? [order(1)] : [order(2)], total: 2 }),
        });
        const orders = await open("orders");
        await orders.instance.onReachBottom();
        await orders.instance.onReachBottom();
        assert.deepEqual(phone.requests.map(({ place }) => place),
            ["/orders?limit=20&offset=0", "/orders?limit=20&offset=1"]);
        assert.match(orders.text(), /S00001¥10\.00.*S00002¥10\.00.*已取消/);
    });
    it("says when there are none", async () => {
        installWx({ "GET /orders": page() });
        assert.ok((await open("orders")).text().includes("还没有订单"));
    });
});

describe("withdraw", () => {
    const QUOTE = { amount: money("12.00"), fee: money("1.00"), net: money("11.00") };
    const answers = {
        "GET /withdrawal-terms": TERMS, "GET /withdrawals": page(WITHDRAWAL), "POST /withdrawal-quotes": QUOTE,
        "POST /withdrawals": [201, WITHDRAWAL],
    };
    it("asks for what the person has seen the cost of", async () => {
        const phone = installWx(answers);
        const withdraw = await open("withdraw");
        assert.match(withdraw.text(), /可提现 ?¥30\.00/);
        assert.ok(!withdraw.has(".confirm"));
        withdraw.instance.onInput({ detail: { value: "12.00" } });
        await withdraw.tap(".quote");
        assert.ok(withdraw.text().includes("¥1.00"));
        await withdraw.tap(".confirm");
        const wish = phone.requests.find(({ method, place }) => method === "POST" && place === "/withdrawals");
        assert.deepEqual(wish.data, { amount: "12.00", fee: "1.00" });
        assert.match(wish.header["Idempotency-Key"], /^[!-~]{8,64}$/);
    });
    it("asks for WeChat's wallet when there is no account", async () => {
        const phone = installWx({
            ...answers, "GET /withdrawal-terms": { ...TERMS, accounts: [], channels: [{ id: 7, name: "微信零钱" }] },
        });
        const withdraw = await open("withdraw");
        assert.ok(withdraw.text().includes("微信零钱"));
        withdraw.instance.onInput({ detail: { value: "12.00" } });
        await withdraw.tap(".quote");
        await withdraw.tap(".confirm");
        const wish = phone.requests.find(({ method, place }) => method === "POST" && place === "/withdrawals");
        assert.deepEqual(wish.data, { amount: "12.00", fee: "1.00", channel_id: 7 });
    });
    it("asks again under the same key when no answer came, and under another for another amount", async () => {
        let count = 0;
        const phone = installWx({ ...answers, "POST /withdrawals": () => (++count === 1 ? undefined : [201, WITHDRAWAL]) });
        const withdraw = await open("withdraw");
        const ask = async (amount) => {
            if (amount) {
                withdraw.instance.onInput({ detail: { value: amount } });
                await withdraw.instance.onQuote();
            }
            await withdraw.instance.onConfirm();
            await settle();
        };
        await ask("12.00");
        assert.ok(withdraw.text().includes("网络不给力"));
        await ask();
        await ask("12.00");
        const keys = phone.requests.filter(({ method, place }) => method === "POST" && place === "/withdrawals")
            .map(({ header }) => header["Idempotency-Key"]);
        assert.equal(keys.length, 3);
        assert.equal(keys[0], keys[1]);
        assert.notEqual(keys[1], keys[2]);
    });
    it("refuses what is no amount without asking", async () => {
        const phone = installWx(answers);
        const withdraw = await open("withdraw");
        withdraw.instance.onInput({ detail: { value: "一百" } });
        await withdraw.tap(".quote");
        assert.ok(withdraw.text().includes("请输入金额"));
        assert.ok(!phone.requests.some(({ method }) => method === "POST"));
    });
    it("lets the person take money that waits for it", async () => {
        const calls = [];
        const confirmation = { mchId: "1900000001", appId: "wx1", package: "P" };
        installWx({ ...answers, "GET /withdrawals": page({ ...WITHDRAWAL, confirmation }) }, {
            requestMerchantTransfer: (call) => { calls.push(call); call.success({}); },
        });
        const withdraw = await open("withdraw");
        await withdraw.tap(".take");
        const { mchId, appId, package: pack } = calls[0];
        assert.deepEqual({ mchId, appId, package: pack }, confirmation);
    });
    it("shows why nothing can be withdrawn", async () => {
        installWx({ ...answers, "GET /withdrawal-terms": { ...TERMS, obstacle: "请先实名认证。" } });
        const withdraw = await open("withdraw");
        assert.ok(withdraw.text().includes("请先实名认证。"));
        assert.ok(!withdraw.has(".amount"));
    });
});

describe("pay", () => {
    const params = { timeStamp: "1", nonceStr: "n", package: "prepay_id=1", signType: "RSA", paySign: "s" };
    const request = encodeURIComponent(JSON.stringify({ kind: "payment", params }));
    it("pays what the web-view asks for, and goes back", async () => {
        const calls = [];
        const phone = installWx({}, { requestPayment: (call) => { calls.push(call); call.success({}); } });
        await open("pay", { request });
        assert.equal(calls[0].package, "prepay_id=1");
        assert.deepEqual(phone.visited, ["back"]);
    });
    it("lets the person try again", async () => {
        let count = 0;
        const phone = installWx({}, {
            requestPayment: ({ success, fail }) => (++count === 1 ? fail({ errMsg: "requestPayment:fail cancel" }) : success({})),
        });
        const pay = await open("pay", { request });
        assert.ok(pay.text().includes("您取消了操作"));
        assert.deepEqual(phone.visited, []);
        await pay.tap(".retry");
        assert.deepEqual(phone.visited, ["back"]);
    });
    it("asks WeChat nothing for what it does not know", async () => {
        installWx({}, { requestPayment: () => assert.fail() });
        assert.ok((await open("pay", { request: "x" })).text().includes("无法识别"));
    });
});

describe("web", () => {
    it("shows pages of the shop and of no other site, and keeps whom the person comes from", async () => {
        for (const [path, src] of [
            ["/shop", "https://shop.example.com/shop"], ["//evil.example.com", "https://shop.example.com/"],
            ["https://evil.example.com", "https://shop.example.com/"], ["/\\evil", "https://shop.example.com/"],
            ["@evil.example.com", "https://shop.example.com/"],
        ]) {
            const phone = installWx();
            const web = await open("web", { s: "MEI888", path: encodeURIComponent(path) });
            assert.equal(web.instance.data.src, src, path);
            assert.equal(phone.stored.distribution_scene, "MEI888");
        }
    });
});
