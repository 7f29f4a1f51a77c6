const assert = require("node:assert/strict");
const { describe, it } = require("node:test");
const { installWx, money, util } = require("./phone.cjs");

describe("scene", () => {
    const { readScene } = util("scene");
    for (const [query, code] of [
        [{ scene: "s%3DMEI888" }, "MEI888"],
        [{ scene: "s=MEI888" }, "MEI888"],
        [{ scene: "MEI888" }, "MEI888"],
        [{ s: "MEI888" }, "MEI888"],
        [{}, ""],
        [undefined, ""],
        [{ scene: "%E0%A4%A" }, ""],
        [{ scene: "s=<script>" }, ""],
        [{ s: "x".repeat(65) }, ""],
    ]) {
        it(`${JSON.stringify(query)} is ${code || "nobody"}`, () => assert.equal(readScene(query), code));
    }
});

describe("format", () => {
    const { formatMoney, formatDay, parseAmount } = util("format");
    it("groups digits and keeps every cent", () => {
        assert.equal(formatMoney(money("1234567.50")), "¥1,234,567.50");
        assert.equal(formatMoney(money("-3.20")), "-¥3.20");
        assert.equal(formatMoney(money("999")), "¥999");
        assert.equal(formatMoney(money("100000000000000.01", "JPY")), "JPY 100,000,000,000,000.01");
    });
    it("takes what is an amount and nothing else", () => {
        for (const [text, amount] of [["12.50", "12.50"], [" 1,000 ", "1000"], ["0", ""], ["0.00", ""], ["-1", ""],
            ["1.234", ""], ["", ""], ["1e3", ""], ["12元", ""]]) {
            assert.equal(parseAmount(text), amount, text);
        }
    });
    it("says the day on the phone's clock", () => assert.match(formatDay("2026-03-01T12:00:00Z"), /^2026-03-0[12]$/));
});

describe("payment", () => {
    const { askPerson, readRequest } = util("payment");
    const pack = (value) => encodeURIComponent(JSON.stringify(value));
    const transfer = { kind: "transfer", params: { mchId: "1", appId: "wx1", package: "p" } };
    it("reads what the web-view asks for, and leaves out the rest", () => {
        assert.deepEqual(readRequest(pack({ ...transfer, url: "//evil", params: { ...transfer.params, x: "y" } })), transfer);
    });
    it("refuses what cannot be asked of WeChat", () => {
        for (const text of [undefined, "", "%", "null", "[]", pack({ kind: "payment", params: {} }),
            pack({ kind: "toString", params: {} }), pack({ kind: "transfer" }),
            pack({ ...transfer, params: { ...transfer.params, package: 1 } }),
            pack({ ...transfer, params: { ...transfer.params, package: "x".repeat(2049) } })]) {
            assert.equal(readRequest(text), null, text);
        }
    });
    it("tells a person who says no from a failure", async () => {
        for (const [answer, outcome] of [[["success", {}], "done"],
            [["fail", { errMsg: "requestMerchantTransfer:fail cancel" }], "cancelled"],
            [["fail", { errMsg: "requestMerchantTransfer:fail" }], "failed"]]) {
            installWx({}, { requestMerchantTransfer: (call) => call[answer[0]](answer[1]) });
            assert.equal(await askPerson(transfer), outcome);
        }
        installWx();
        assert.equal(await askPerson(transfer), "outdated");
    });
});

describe("session", () => {
    const { ask, keepScene, logIn } = util("session");
    it("logs in with whom the person comes from, once", async () => {
        const phone = installWx({ "POST /wechat/token": [201, { token: "T1" }] });
        keepScene("MEI888");
        keepScene("");
        await logIn("phone-code");
        await logIn();
        assert.deepEqual(phone.requests.map(({ data }) => [data.scene, data.phone_code]),
            [["MEI888", "phone-code"], [undefined, undefined]]);
        assert.equal(phone.stored.distribution_token, "T1");
    });
    it("keeps whom the person comes from until the login is answered", async () => {
        const phone = installWx();
        keepScene("MEI888");
        await assert.rejects(logIn(), { code: "no-answer" });
        assert.equal(phone.stored.distribution_scene, "MEI888");
    });
    it("gets another token when the old one is over, and asks once more", async () => {
        const phone = installWx({
            "GET /me": ({ header }) => (header.Authorization === "Bearer T2" ? { code: "MEI888" } : [401, {}]),
            "POST /wechat/token": [201, { token: "T2" }],
        });
        phone.stored.distribution_token = "T1";
        assert.deepEqual(await ask("GET", "/me"), { code: "MEI888" });
        assert.equal(phone.requests.length, 3);
    });
    it("never loops when no token is good", async () => {
        const phone = installWx({ "GET /me": [401, {}], "POST /wechat/token": [201, { token: "T2" }] });
        await assert.rejects(ask("GET", "/me"), { status: 401 });
        assert.equal(phone.requests.length, 3);
    });
    it("shows the login to whoever is no distributor", async () => {
        const phone = installWx({ "GET /me": [401, {}], "POST /wechat/token": [201, { token: null }] });
        await assert.rejects(ask("GET", "/me"), { code: "not-a-distributor" });
        assert.deepEqual(phone.visited, ["/pages/login/login"]);
    });
    it("says what the API says", async () => {
        installWx({ "GET /me": [409, { type: "urn:distribution:problem:refused", detail: "不行" }] });
        await assert.rejects(ask("GET", "/me"), { code: "refused", message: "不行", status: 409 });
    });
});
