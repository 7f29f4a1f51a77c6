import { Interaction } from "@web/public/interaction";
import { registry } from "@web/core/registry";
import { browser } from "@web/core/browser/browser";

const NO_DISTRIBUTOR = "distribution.no_distributor";

/**
 * Fetches what a distributor shares of the product at hand.
 *
 * Customers who are logged in ask once in a tab, and remember that there is nothing for them.
 */
export class ShareProduct extends Interaction {
    static selector = ".o_distribution_share_product";

    async willStart() {
        if (browser.sessionStorage.getItem(NO_DISTRIBUTOR)) {
            return;
        }
        const response = await this.waitFor(
            browser.fetch(`/my/distribution/products/${this.el.dataset.productId}/share`)
        );
        if (response.status === 204) {
            browser.sessionStorage.setItem(NO_DISTRIBUTOR, "1");
        } else if (response.ok && !response.redirected) {
            this.content = await this.waitFor(response.text());
        }
    }

    start() {
        if (this.content) {
            const holder = document.createElement("div");
            holder.innerHTML = this.content; // rendered by our own server, as the page was
            this.insert(holder.firstElementChild);
        }
    }
}

registry.category("public.interactions").add("distribution_website_sale.share_product", ShareProduct);
