/** Pages rendered by miniprogram-simulate: `npm install` first. */
const path = require("node:path");
const { JSDOM } = require("jsdom");
const { ROOT, settle } = require("./phone.cjs");

const { window } = new JSDOM("<!doctype html><body></body>");
globalThis.window = window;
for (const name of ["document", "HTMLElement", "Node", "Event", "CustomEvent", "MutationObserver"]) {
    globalThis[name] = window[name];
}
const simulate = require("miniprogram-simulate");

/** Render a page, call what WeChat calls, and give its parts. */
async function open(name, query = {}) {
    const id = simulate.load(path.join(ROOT, "pages", name, name), { rootPath: ROOT });
    const page = simulate.render(id);
    const parent = window.document.createElement("div");
    page.attach(parent);
    const { instance } = page;
    await instance.onLoad?.(query);
    await instance.onShow?.();
    return {
        instance,
        text: () => parent.textContent.replace(/\s+/g, " ").trim(),
        has: (selector) => Boolean(page.querySelector(selector)),
        async tap(selector) {
            page.querySelector(selector).dispatchEvent("tap");
            await settle();
        },
    };
}

module.exports = { open };
