import { registry } from "@web/core/registry";
import { Interaction } from "@web/public/interaction";

/**
 * Brings what lies ahead into the overview once that is there. Where this does not run, or fails, a link leads to
 * the page with the same content.
 */
export class Outlook extends Interaction {
    static selector = ".o_distribution_outlook";

    async willStart() {
        const response = await fetch(this.el.dataset.url);
        this.text = response.ok && !response.redirected ? await response.text() : null;
    }

    start() {
        if (this.text !== null) {
            const parts = new DOMParser().parseFromString(this.text, "text/html");
            this.el.replaceChildren(...parts.body.childNodes);
        }
        this.el.setAttribute("aria-busy", "false");
    }
}

registry.category("public.interactions").add("distribution_portal.outlook", Outlook);
