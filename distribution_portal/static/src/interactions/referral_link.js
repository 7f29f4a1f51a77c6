import { Interaction } from "@web/public/interaction";
import { registry } from "@web/core/registry";
import { browser } from "@web/core/browser/browser";

const SHOW_COPIED_MS = 2000;

export class ReferralLink extends Interaction {
    static selector = ".o_distribution_link";
    dynamicContent = {
        ".o_distribution_copy": { "t-on-click": this.onCopy },
        ".o_distribution_copy_text": { "t-att-class": () => ({ "d-none": this.copied }) },
        ".o_distribution_copied_text": { "t-att-class": () => ({ "d-none": !this.copied }) },
        ".o_distribution_url": { "t-on-click": this.selectUrl },
        ".o_distribution_share": {
            "t-on-click": this.onShare,
            "t-att-class": () => ({ "d-none": !browser.navigator.share }),
        },
    };

    setup() {
        this.copied = false;
        this.url = this.el.dataset.url;
    }

    async onCopy() {
        this.copied = await this.waitFor(this.copyUrl());
        this.waitForTimeout(() => (this.copied = false), SHOW_COPIED_MS);
    }

    /**
     * Browsers give access to the clipboard on secure pages only, and some of those inside of apps
     * never: there the selected text is copied in the old way.
     *
     * @returns {Promise<boolean>} whether the link is in the clipboard
     */
    async copyUrl() {
        try {
            await browser.navigator.clipboard.writeText(this.url);
            return true;
        } catch {
            this.selectUrl();
            return document.execCommand("copy");
        }
    }

    selectUrl() {
        this.el.querySelector(".o_distribution_url").select();
    }

    async onShare() {
        try {
            await this.waitFor(browser.navigator.share({ url: this.url }));
        } catch (error) {
            if (error.name !== "AbortError") {
                throw error; // Closing the dialog of the phone is no error.
            }
        }
    }
}

registry.category("public.interactions").add("distribution_portal.referral_link", ReferralLink);
