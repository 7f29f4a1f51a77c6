const SYMBOLS = { CNY: "¥", USD: "$", EUR: "€", HKD: "HK$" };

/**
 * Return an amount as people read it. Amounts are texts: a number would not hold all of them.
 *
 * @param {{amount: string, currency: string}} money
 * @returns {string} e.g. ¥1,234.50
 */
function formatMoney({ amount, currency }) {
    const sign = amount.startsWith("-") ? "-" : "";
    const [whole, decimals] = amount.replace("-", "").split(".");
    const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
    return `${sign}${SYMBOLS[currency] || `${currency} `}${grouped}${decimals ? `.${decimals}` : ""}`;
}

/**
 * @param {string} time in UTC, as 2026-03-01T16:30:00Z
 * @returns {string} the day on the phone's clock, as 2026-03-02
 */
function formatDay(time) {
    const at = new Date(time);
    return [at.getFullYear(), at.getMonth() + 1, at.getDate()].map((part) => String(part).padStart(2, "0")).join("-");
}

/**
 * @param {string} text as typed
 * @returns {string} an amount as the API takes it; empty when it is none
 */
function parseAmount(text) {
    const amount = text.trim().replace(/[，,]/g, "");
    return /^\d{1,12}(\.\d{1,2})?$/.test(amount) && /[1-9]/.test(amount) ? amount : "";
}

module.exports = { formatMoney, formatDay, parseAmount };
