import { Interaction } from "@web/public/interaction";
import { registry } from "@web/core/registry";
import { browser } from "@web/core/browser/browser";

const SHOW_COPIED_MS = 2000;

/** A button that copies the text in `data-text` of what surrounds it. */
export class CopyText extends Interaction {
    static selector = ".o_distribution_copyable[data-text]";
    dynamicContent = {
        ".o_distribution_copy": { "t-on-click": this.onCopy },
        ".o_distribution_copy_text": { "t-att-class": () => ({ "d-none": this.copied }) },
        ".o_distribution_copied_text": { "t-att-class": () => ({ "d-none": !this.copied }) },
    };

    setup() {
        this.copied = false;
    }

    async onCopy() {
        this.copied = await this.waitFor(this.copyText(this.el.dataset.text));
        this.waitForTimeout(() => (this.copied = false), SHOW_COPIED_MS);
    }

    /**
     * Browsers give access to the clipboard on secure pages only, and some of those inside of apps
     * never: there the text is copied in the old way, out of a field that nobody sees.
     *
     * @param {string} text
     * @returns {Promise<boolean>} whether the text is in the clipboard
     */
    async copyText(text) {
        try {
            await browser.navigator.clipboard.writeText(text);
            return true;
        } catch {
            const field = document.createElement("textarea");
            field.className = "o_distribution_away";
            field.value = text;
            this.el.append(field);
            field.select();
            const copied = document.execCommand("copy");
            field.remove();
            return copied;
        }
    }
}

registry.category("public.interactions").add("distribution_portal.copy_text", CopyText);
